/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds files to a fuzz harness, so that make check replays the corpus with any compiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INPUT_MAX = 1 << 20 };

int main(int argc, char **argv)
{
	uint8_t *data = malloc(INPUT_MAX);

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "rb");
		if (data == NULL || file == NULL) {
			perror(argv[i]);
			return 1;
		}
		size_t size = fread(data, 1, INPUT_MAX, file);
		fclose(file);
		/* an exact copy, so that the sanitizer sees a read behind the end */
		uint8_t *exact = malloc(size + 1);
		for (size_t k = 0; exact != NULL && k < size; k++)
			exact[k + 1] = data[k];
		LLVMFuzzerTestOneInput(exact + 1, size);
		free(exact);
	}
	free(data);
	return 0;
}
