/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The map of a port range: rows, the worst letter of a cell, the legend, colours. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/port_map.h"

enum { ANSWERING, CLOSED, CLASSES };

struct rig {
	struct port_set set[CLASSES];
	struct port_map_class class[CLASSES];
	struct port_map map;
	char buffer[PORT_MAP_LINE_MAX];
	struct wr w;
};

static void rig_init(struct rig *rig)
{
	*rig = (struct rig){ .class = { { 'A', "answering", "1;31", &rig->set[ANSWERING] },
					{ 'c', "closed", "32", &rig->set[CLOSED] } },
			     .map = { rig->class, CLASSES, false } };
	rig->w = wr_over(rig->buffer, sizeof(rig->buffer));
}

static void add(struct rig *rig, size_t class, uint16_t first, uint16_t last)
{
	port_set_add(&rig->set[class], (struct port_range){ first, last });
}

static void assert_row(struct rig *rig, unsigned *from, const char *row)
{
	wr_reset(&rig->w);
	assert_true(wr_port_map_row(&rig->w, &rig->map, from));
	if (!view_eq(wr_view(&rig->w), view_of(row)))
		fail_msg("'%.*s', wanted '%s'", VIEW_ARG(wr_view(&rig->w)), row);
}

static void the_usual_range_has_four_rows_of_64_letters(void **state)
{
	static const char *const row[] = {
		"16384  cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
		"20480  cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
		"24576  cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
		"28672  cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
	};
	struct rig rig;
	unsigned from = 0;

	(void)state;
	rig_init(&rig);
	add(&rig, CLOSED, 16384, 32767);
	for (size_t i = 0; i < 4; i++)
		assert_row(&rig, &from, row[i]);
	assert_false(wr_port_map_row(&rig.w, &rig.map, &from));
}

static void the_worst_of_a_cell_counts(void **state)
{
	struct rig rig;
	unsigned from = 0;

	(void)state;
	rig_init(&rig);
	add(&rig, CLOSED, 4096, 4096 + 5 * 64 - 1);
	add(&rig, ANSWERING, 4096 + 63, 4096 + 63);
	add(&rig, ANSWERING, 4096 + 128, 4096 + 128);
	assert_row(&rig, &from, " 4096  AcAcc");
}

static void gaps_are_blank_and_empty_rows_are_left_out(void **state)
{
	struct rig rig;
	unsigned from = 0;

	(void)state;
	rig_init(&rig);
	add(&rig, CLOSED, 1, 1);
	add(&rig, CLOSED, 200, 200);
	add(&rig, ANSWERING, 65535, 65535);
	assert_row(&rig, &from, "    0  c  c");
	assert_row(&rig, &from,
		   "61440                                                                 A");
	assert_false(wr_port_map_row(&rig.w, &rig.map, &from));
}

static void the_legend_names_what_occurs(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	add(&rig, CLOSED, 5, 5);
	wr_port_map_legend(&rig.w, &rig.map);
	assert_true(view_eq(wr_view(&rig.w), VIEW("c closed (64 ports each, the worst counts)")));
}

static void a_colour_is_set_where_it_changes_and_reset_at_the_end(void **state)
{
	struct rig rig;
	unsigned from = 0;

	(void)state;
	rig_init(&rig);
	rig.map.colour = true;
	add(&rig, CLOSED, 64, 191);
	add(&rig, ANSWERING, 256, 256);
	assert_row(&rig, &from, "    0   \033[32mcc\033[0m \033[1;31mA\033[0m");
}

static void the_longest_row_fits(void **state)
{
	struct rig rig;
	unsigned from = 0;

	(void)state;
	rig_init(&rig);
	rig.map.colour = true;
	for (uint16_t cell = 0; cell < 64; cell++)
		add(&rig, cell % 2 == 0 ? ANSWERING : CLOSED, (uint16_t)(61440 + cell * 64),
		    (uint16_t)(61440 + cell * 64));
	assert_true(wr_port_map_row(&rig.w, &rig.map, &from));
	assert_false(rig.w.full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_usual_range_has_four_rows_of_64_letters),
		cmocka_unit_test(the_worst_of_a_cell_counts),
		cmocka_unit_test(gaps_are_blank_and_empty_rows_are_left_out),
		cmocka_unit_test(the_legend_names_what_occurs),
		cmocka_unit_test(a_colour_is_set_where_it_changes_and_reset_at_the_end),
		cmocka_unit_test(the_longest_row_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
