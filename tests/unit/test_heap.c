/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Timers, lists and samples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/sample.h"

#define CASES(array) (sizeof(array) / sizeof((array)[0]))

static void timers_come_by_time_then_in_the_order_they_were_set(void **state)
{
	struct heap_node node[1000] = { { 0 } };
	struct heap heap = { .node = NULL };
	uint32_t seed = 1;
	const struct heap_node *last = NULL;
	size_t left = CASES(node) - CASES(node) / 5;

	(void)state;
	assert_null(heap_first(&heap));
	for (size_t round = 0; round < 3; round++)
		for (size_t i = 0; i < CASES(node); i++, seed = seed * 1664525 + 1013904223)
			heap_set(&heap, &node[i], (int64_t)(seed >> 28) - 8);
	for (size_t i = 0; i < CASES(node); i += 5) {
		heap_remove(&heap, &node[i]);
		heap_remove(&heap, &node[i]);
		assert_int_equal(node[i].place, 0);
	}
	for (struct heap_node *first; (first = heap_first(&heap)) != NULL; left--) {
		assert_true((first - node) % 5 != 0);
		if (last != NULL && last->time_us == first->time_us)
			assert_true(last->sequence < first->sequence);
		else if (last != NULL)
			assert_true(last->time_us < first->time_us);
		last = first;
		heap_remove(&heap, first);
	}
	assert_int_equal(left, 0);
	heap_free(&heap);
	assert_null(heap_first(&heap));
}

static void a_timer_can_be_moved_either_way(void **state)
{
	struct heap_node a = { 0 }, b = { 0 }, c = { 0 };
	struct heap heap = { .node = NULL };

	(void)state;
	heap_set(&heap, &a, 10);
	heap_set(&heap, &b, 20);
	heap_set(&heap, &c, 30);
	heap_set(&heap, &c, INT64_MIN);
	assert_ptr_equal(heap_first(&heap), &c);
	heap_set(&heap, &c, INT64_MAX);
	assert_ptr_equal(heap_first(&heap), &a);
	heap_set(&heap, &a, 20);
	assert_ptr_equal(heap_first(&heap), &b);
	assert_int_equal(heap.count, 3);
	heap_free(&heap);
}

static void a_list_keeps_its_order(void **state)
{
	struct list head, a = { 0 }, b = { 0 }, c = { 0 };

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	list_remove(&a);
	list_append(&head, &a);
	list_append(&head, &b);
	list_append(&head, &c);
	list_remove(&b);
	list_remove(&b);
	assert_ptr_equal(head.next, &a);
	assert_ptr_equal(a.next, &c);
	assert_ptr_equal(c.next, &head);
	assert_ptr_equal(head.prev, &c);
	list_remove(&a);
	list_remove(&c);
	assert_true(list_empty(&head));
}

static bool equal(double a, double b)
{
	return !(a < b) && !(a > b);
}

static void a_sample_has_sum_and_nearest_rank(void **state)
{
	static const struct {
		double pct, value;
	} cases[] = { { 0, 1 },	  { 1, 1 },   { 1.1, 2 },    { 50, 50 },
		      { 95, 95 }, { 99, 99 }, { 99.5, 100 }, { 100, 100 } };
	struct sample sample = { .value = NULL };

	(void)state;
	assert_true(equal(sample_sum(&sample), 0));
	assert_true(equal(sample_percentile(&sample, 50), 0));
	for (unsigned i = 0; i < 100; i++)
		sample_add(&sample, (double)(i * 37 % 100 + 1));
	assert_true(equal(sample_sum(&sample), 5050));
	for (size_t i = 0; i < CASES(cases); i++)
		if (!equal(sample_percentile(&sample, cases[i].pct), cases[i].value))
			fail_msg("p%g is %g", cases[i].pct,
				 sample_percentile(&sample, cases[i].pct));
	sample_free(&sample);
	sample_add(&sample, -2);
	assert_true(equal(sample_percentile(&sample, 95), -2));
	sample_free(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(timers_come_by_time_then_in_the_order_they_were_set),
		cmocka_unit_test(a_timer_can_be_moved_either_way),
		cmocka_unit_test(a_list_keeps_its_order),
		cmocka_unit_test(a_sample_has_sum_and_nearest_rank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
