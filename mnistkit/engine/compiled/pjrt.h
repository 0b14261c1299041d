// What is used here of PJRT's C interface, by which programs speak with XLA's
// plugins. Its layout is fixed: functions and fields are only ever added after
// the last. A test holds all of it against the header that go-xla brings along.

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

enum { ffi_extension = 5 };

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

struct pjrt_object {
	size_t size;
	void *extension, *object;
};

struct pjrt_get_executable {
	size_t size;
	void *extension, *loaded;
	void *executable; // out
};

struct pjrt_serialize {
	size_t size;
	void *extension, *executable;
	const char *bytes; // out, as all that follows
	size_t bytes_size;
	void *owner;
	void (*end)(void *owner);
};

struct pjrt_deserialize {
	size_t size;
	void *extension, *client;
	const char *bytes;
	size_t bytes_size;
	void *loaded; // out
	const char *options;
	size_t options_size;
};

struct pjrt_api *pjrt_find(const char *plugin);
int pjrt_replace_compile(struct pjrt_api *api);
void *pjrt_compile(struct pjrt_compile *args);
int pjrt_done(struct pjrt_api *api, void *error);
int pjrt_load(struct pjrt_api *api, struct pjrt_compile *args, const void *bytes, size_t size);
int pjrt_serialize(struct pjrt_api *api, void *loaded, struct pjrt_serialize *out);
void pjrt_end(struct pjrt_serialize *s);
