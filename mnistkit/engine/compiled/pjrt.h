// What is used here of PJRT's C interface, by which programs speak with XLA's
// plugins. Its layout is fixed: functions are only ever added behind the last.

#pragma once

#include <stddef.h>

struct pjrt_api {
	size_t size;
	void *extension;
	struct {
		size_t size;
		void *extension;
		int major, minor;
	} version;
	void *functions[];
};

// Places in functions.
enum { error_destroy = 0, client_compile = 20, executable_destroy = 40, executable_serialize = 49, loaded_executable_get_executable = 51, executable_deserialize_and_load = 56 };

struct pjrt_program {
	size_t size;
	void *extension;
	char *code;
	size_t code_size;
	const char *format;
	size_t format_size;
};

struct pjrt_compile {
	size_t size;
	void *extension;
	void *client;
	const struct pjrt_program *program;
	const char *options;
	size_t options_size;
	void *executable; // out
};

struct pjrt_serialized {
	const char *bytes;
	size_t size;
	void *owner;
	void (*end)(void *owner);
};

struct pjrt_api *pjrt_find(const char *plugin);
int pjrt_replace_compile(struct pjrt_api *api);
void *pjrt_compile(struct pjrt_compile *args);
int pjrt_load(struct pjrt_api *api, struct pjrt_compile *args, const void *bytes, size_t size);
int pjrt_serialize(struct pjrt_api *api, void *loaded, struct pjrt_serialized *out);
void pjrt_end(struct pjrt_serialized *s);
