/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Judges one run of a plugin by its output on standard input, without any code of the library.  It
 * is read as Nagios Core 4 reads it and as Icinga 2 does; both must see the same, and it must keep
 * what this project promises of its text.  One line per violation; exits 0 or 1.
 *
 *   perfdata_check [--format text|oneline] [--expect-state 0..3]
 */
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 512, LABEL_MAX = 19, METRICS_MAX = 128, FIELDS = 5, WORD_MAX = 128 };

/* Both engines' view of one metric; what an engine does not understand is NAN or empty. */
struct metric {
	char label[WORD_MAX];
	char field[FIELDS][WORD_MAX]; /* value with unit, warning, critical, minimum, maximum */
	size_t fields;
	double number[FIELDS];
	char unit[WORD_MAX];
};

struct metrics {
	struct metric metric[METRICS_MAX];
	size_t count;
};

struct verdict {
	unsigned violations;
};

static void __attribute__((format(printf, 2, 3)))
complain(struct verdict *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	verdict->violations++;
}

/* A NUL-terminated copy, cut at the size of the target. */
static void copy(char *to, size_t size, const char *from, size_t n)
{
	n = n < size ? n : size - 1;
	memcpy(to, from, n);
	to[n] = '\0';
}

static char *read_all(FILE *file, size_t *n)
{
	size_t cap = 65536;
	char *text = malloc(cap + 1);

	*n = 0;
	while (text != NULL) {
		size_t got = fread(text + *n, 1, cap - *n, file);
		*n += got;
		if (got == 0)
			break;
		if (*n == cap)
			text = realloc(text, (cap *= 2) + 1);
	}
	if (text == NULL)
		exit(2);
	text[*n] = '\0';
	return text;
}

static void append(char *perfdata, const char *from, size_t n)
{
	size_t have = strlen(perfdata);

	if (have > 0)
		perfdata[have++] = ' ';
	memcpy(perfdata + have, from, n);
	perfdata[have + n] = '\0';
}

/* Core 4: what follows the first bar of line 1; in later lines the first bar of all starts perfdata
 * that lasts to the end of the output. */
static void nagios_perfdata(const char *text, char *perfdata)
{
	bool in_perfdata = false;

	perfdata[0] = '\0';
	for (unsigned line = 1; *text != '\0'; line++) {
		size_t n = strcspn(text, "\n"), bar = strcspn(text, "|\n");
		if (in_perfdata)
			append(perfdata, text, n);
		else if (bar < n)
			append(perfdata, text + bar + 1, n - bar - 1);
		in_perfdata = in_perfdata || (line > 1 && bar < n);
		text += n + (text[n] == '\n');
	}
}

/* Icinga 2: in each line what follows the first bar, when there is an equals sign in it. */
static void icinga_perfdata(const char *text, char *perfdata)
{
	perfdata[0] = '\0';
	while (*text != '\0') {
		size_t n = strcspn(text, "\r\n"), bar = strcspn(text, "|\r\n");
		if (bar < n && bar + strcspn(text + bar, "=\r\n") < n)
			append(perfdata, text + bar + 1, n - bar - 1);
		text += n + (text[n] != '\0');
	}
}

static void split_fields(struct metric *metric, const char *text, size_t n)
{
	metric->fields = 0;
	for (const char *end = text + n; text <= end; metric->fields++) {
		size_t part = strcspn(text, ";");
		part = part < (size_t)(end - text) ? part : (size_t)(end - text);
		if (metric->fields < FIELDS)
			copy(metric->field[metric->fields], WORD_MAX, text, part);
		text += part + 1;
	}
}

static double number_of(const char *text)
{
	char *end;
	double value = strtod(text, &end);

	return end != text && *end == '\0' ? value : NAN;
}

/* The guidelines' grammar, as graphing tools behind Nagios read it: items between blanks, a label
 * with blanks in single quotes, number and unit parted behind the last digit. */
static void nagios_metrics(const char *text, struct metrics *out)
{
	memset(out, 0, sizeof(*out));
	while (*(text += strspn(text, " \t")) != '\0' && out->count < METRICS_MAX) {
		struct metric *metric = &out->metric[out->count++];
		bool quoted = *text == '\'';
		size_t label = quoted ? 1 + strcspn(text + 1, "'") : strcspn(text, "= \t");
		copy(metric->label, WORD_MAX, text + quoted, label - quoted);
		text += label;
		text += quoted && *text == '\'';
		text += *text == '=';
		size_t n = strcspn(text, " \t");
		split_fields(metric, text, n);
		text += n;
		size_t digits = strspn(metric->field[0], "-.0123456789");
		copy(metric->unit, WORD_MAX, metric->field[0] + digits, WORD_MAX);
		char number[WORD_MAX];
		copy(number, WORD_MAX, metric->field[0], digits);
		metric->number[0] = number_of(number);
		for (size_t i = 1; i < FIELDS; i++)
			metric->number[i] = number_of(metric->field[i]);
	}
}

/* A comma anywhere or a value that is no finite number drops the metric; a threshold that is not a
 * plain number is dropped alone. */
static void icinga_values(struct metric *metric, const char *value, size_t n)
{
	split_fields(metric, value, n);
	size_t digits = strspn(metric->field[0], "+-0123456789.eE");
	char number[WORD_MAX];
	copy(number, WORD_MAX, metric->field[0], digits);
	copy(metric->unit, WORD_MAX, metric->field[0] + digits, WORD_MAX);
	metric->number[0] = memchr(value, ',', n) != NULL ? NAN : number_of(number);
	for (size_t i = 1; i < FIELDS; i++) {
		const char *field = metric->field[i];
		bool plain = field[strspn(field, "+-0123456789.eE")] == '\0';
		metric->number[i] = plain ? number_of(field) : NAN;
	}
}

/* The label is all before the next equals sign, the value all up to the next blank.  What stands
 * before "::" in a label is put in front of all labels behind it. */
static void icinga_metrics(const char *text, struct metrics *out)
{
	char prefix[WORD_MAX] = "";

	memset(out, 0, sizeof(*out));
	text += strspn(text, " ");
	for (size_t equals; text[equals = strcspn(text, "=")] == '=' && out->count < METRICS_MAX;) {
		struct metric *metric = &out->metric[out->count++];
		bool quoted = equals > 2 && text[0] == '\'' && text[equals - 1] == '\'';
		char label[WORD_MAX];
		copy(label, WORD_MAX, text + quoted, equals - 2 * quoted);
		const char *colons = strstr(label, "::");
		if (colons == NULL && prefix[0] != '\0')
			snprintf(metric->label, WORD_MAX, "%.60s::%.60s", prefix, label);
		else
			copy(metric->label, WORD_MAX, label, WORD_MAX - 1);
		if (colons != NULL)
			copy(prefix, WORD_MAX, label, (size_t)(colons - label));
		text += equals + 1;
		size_t n = strcspn(text, " ");
		icinga_values(metric, text, n);
		text += n + (text[n] == ' ');
	}
}

static bool same(double a, double b)
{
	return (isnan(a) && isnan(b)) || (!(a < b) && !(a > b) && !isnan(a) && !isnan(b));
}

static void compare(struct verdict *verdict, const struct metrics *nagios,
		    const struct metrics *icinga)
{
	if (nagios->count != icinga->count)
		complain(verdict, "Nagios sees %zu metrics, Icinga %zu", nagios->count,
			 icinga->count);
	for (size_t i = 0; i < nagios->count && i < icinga->count; i++) {
		const struct metric *a = &nagios->metric[i], *b = &icinga->metric[i];
		if (strcmp(a->label, b->label) != 0)
			complain(verdict, "Nagios sees the label %s, Icinga %s", a->label,
				 b->label);
		for (size_t j = 0; j < FIELDS; j++)
			if (!same(a->number[j], b->number[j]))
				complain(verdict, "Nagios and Icinga see different numbers in %s",
					 a->label);
		if (strcmp(a->unit, b->unit) != 0)
			complain(verdict, "Nagios and Icinga see different units in %s", a->label);
	}
}

/* -?digits[.digits]; returns its length, or 0. */
static size_t number_length(const char *text)
{
	size_t sign = text[0] == '-', whole = strspn(text + sign, "0123456789"), n = sign + whole;
	size_t fraction = text[n] == '.' ? strspn(text + n + 1, "0123456789") : 0;

	if (whole == 0 || (text[n] == '.' && fraction == 0))
		return 0;
	return n + (fraction > 0 ? 1 + fraction : 0);
}

static bool is_number(const char *text)
{
	size_t n = number_length(text);

	return n > 0 && text[n] == '\0';
}

/* [@][start:]end */
static bool is_range(const char *text)
{
	bool open = false;
	double start = 0;

	text += *text == '@';
	const char *colon = strchr(text, ':');
	if (colon != NULL) {
		char word[WORD_MAX];
		copy(word, WORD_MAX, text, (size_t)(colon - text));
		open = strcmp(word, "~") == 0;
		if (!open && !is_number(word))
			return false;
		start = open ? 0 : strtod(word, NULL);
		text = colon + 1;
		if (*text == '\0')
			return true;
	}
	return is_number(text) && (open || start <= strtod(text, NULL));
}

static void check_threshold(struct verdict *verdict, const char *label, const char *text)
{
	if (text[0] == '\0')
		return;
	if (!is_range(text))
		complain(verdict, "threshold of %s is not a range: %s", label, text);
	else if (strncmp(text, "0:", 2) == 0 && text[2] != '\0')
		complain(verdict, "threshold of %s should be a plain number: %s", label, text);
}

static void check_value(struct verdict *verdict, const struct metric *metric)
{
	static const char *const units[] = { "", "s", "%", "B", "c" };
	const char *label = metric->label, *value = metric->field[0];
	size_t n = number_length(value), i = 0;

	if (n == 0) {
		complain(verdict, "value of %s is not a number: %s", label, value);
		return;
	}
	if (value[0] == '-' && strspn(value, "-0.") >= n)
		complain(verdict, "value of %s is a negative zero", label);
	while (i < sizeof(units) / sizeof(units[0]) && strcmp(value + n, units[i]) != 0)
		i++;
	if (i == sizeof(units) / sizeof(units[0]))
		complain(verdict, "unit of %s is not known: %s", label, value + n);
}

static void check_bounds(struct verdict *verdict, const struct metric *metric)
{
	const char *label = metric->label;

	for (size_t i = 3; i < FIELDS; i++)
		if (metric->field[i][0] != '\0' && !is_number(metric->field[i]))
			complain(verdict, "bound of %s is not a number: %s", label,
				 metric->field[i]);
	if (metric->number[0] < metric->number[3])
		complain(verdict, "value of %s is below its minimum", label);
	if (metric->number[0] > metric->number[4])
		complain(verdict, "value of %s is above its maximum", label);
}

static void check_metrics(struct verdict *verdict, const struct metrics *metrics)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

	if (metrics->count == METRICS_MAX)
		complain(verdict, "too many metrics");
	for (size_t i = 0; i < metrics->count; i++) {
		const struct metric *metric = &metrics->metric[i];
		size_t n = strlen(metric->label);
		if (n == 0 || n > LABEL_MAX || strspn(metric->label, allowed) != n)
			complain(verdict, "label is not [a-z0-9_]{1,19}: %s", metric->label);
		for (size_t j = 0; j < i; j++)
			if (strcmp(metric->label, metrics->metric[j].label) == 0)
				complain(verdict, "label is not unique: %s", metric->label);
		if (metric->fields > FIELDS)
			complain(verdict, "too many fields in %s", metric->label);
		check_value(verdict, metric);
		check_threshold(verdict, metric->label, metric->field[1]);
		check_threshold(verdict, metric->label, metric->field[2]);
		check_bounds(verdict, metric);
	}
}

/* Every byte is printable ASCII or a newline; bars are on line 1 only; no semicolon in text, which
 * Nagios rewrites. */
static void check_bytes(struct verdict *verdict, const char *text, size_t n)
{
	unsigned line = 1, bars = 0;

	for (size_t i = 0; i < n; i++) {
		if (text[i] != '\n' && (text[i] < ' ' || text[i] > '~'))
			complain(verdict, "line %u has the byte 0x%02x", line,
				 (unsigned)(unsigned char)text[i]);
		else if (text[i] == '|' && line > 1)
			complain(verdict, "line %u has a bar", line);
		else if (text[i] == '|' && ++bars > 1)
			complain(verdict, "line 1 has more than one bar");
		else if (text[i] == ';' && (line > 1 || bars == 0))
			complain(verdict, "line %u has a semicolon in its text", line);
		line += text[i] == '\n';
	}
	if (n == 0)
		complain(verdict, "the output is empty");
	else if (text[n - 1] != '\n')
		complain(verdict, "the last byte is not a newline");
}

/* SERVICE STATE - text */
static void check_sentence(struct verdict *verdict, const char *text, long expected)
{
	static const char *const names[] = { "OK", "WARNING", "CRITICAL", "UNKNOWN" };
	size_t line = strcspn(text, "\n"), n = strcspn(text, "|\n");
	size_t service = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ ");
	char head[WORD_MAX];
	long state = -1;

	if (line > LINE_MAX_BYTES)
		complain(verdict, "line 1 has %zu bytes", line);
	while (n > 0 && text[n - 1] == ' ')
		n--;
	copy(head, WORD_MAX, text, service > 0 ? service - 1 : 0);
	const char *word = strrchr(head, ' ');
	for (long i = 0; word != NULL && i < 4; i++)
		if (word != head && strcmp(word + 1, names[i]) == 0)
			state = i;
	if (state < 0 || service < 1 || strncmp(text + service - 1, " - ", 3) != 0)
		complain(verdict, "line 1 does not begin with \"SERVICE STATE - \"");
	else if (n <= service + 2 || text[service + 2] == ' ')
		complain(verdict, "line 1 has no sentence");
	else if (expected >= 0 && state != expected)
		complain(verdict, "line 1 says %s, the exit code is %ld", names[state], expected);
}

static void check(struct verdict *verdict, const char *text, size_t n, bool oneline, long expected)
{
	char *perfdata[2] = { malloc(2 * n + 1), malloc(2 * n + 1) };
	struct metrics *metrics = malloc(2 * sizeof(*metrics));

	if (perfdata[0] == NULL || perfdata[1] == NULL || metrics == NULL)
		exit(2);
	check_bytes(verdict, text, n);
	check_sentence(verdict, text, expected);
	const char *newline = strchr(text, '\n');
	if (oneline && newline != NULL && newline[1] != '\0')
		complain(verdict, "there is more than one line");
	nagios_perfdata(text, perfdata[0]);
	icinga_perfdata(text, perfdata[1]);
	nagios_metrics(perfdata[0], &metrics[0]);
	icinga_metrics(perfdata[1], &metrics[1]);
	compare(verdict, &metrics[0], &metrics[1]);
	check_metrics(verdict, &metrics[0]);
	if (metrics[0].count == 0 && text[strcspn(text, "|\n")] == '|')
		complain(verdict, "there is a bar without perfdata");
	free(perfdata[0]);
	free(perfdata[1]);
	free(metrics);
}

int main(int argc, char **argv)
{
	struct verdict verdict = { 0 };
	bool oneline = false;
	long expected = -1;
	size_t n;

	for (int i = 1; i < argc; i += 2) {
		const char *value = i + 1 < argc ? argv[i + 1] : "";
		bool format = strcmp(argv[i], "--format") == 0;
		bool state = strcmp(argv[i], "--expect-state") == 0;
		if ((format && strcmp(value, "text") != 0 && strcmp(value, "oneline") != 0) ||
		    (state && (strlen(value) != 1 || value[0] < '0' || value[0] > '3')) ||
		    (!format && !state)) {
			fputs("usage: perfdata_check [--format text|oneline] [--expect-state "
			      "0..3]\n",
			      stderr);
			return 2;
		}
		if (format)
			oneline = strcmp(value, "oneline") == 0;
		else
			expected = value[0] - '0';
	}
	char *text = read_all(stdin, &n);
	check(&verdict, text, n, oneline, expected);
	free(text);
	return verdict.violations > 0 ? 1 : 0;
}
