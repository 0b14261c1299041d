//go:build linux && cgo

#define _GNU_SOURCE
#include "pjrt.h"

#include <dlfcn.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "_cgo_export.h"

typedef void *(*function)(void *args); // gives an error, or NULL

static function compile; // the plugin's own

static void *call(struct pjrt_api *api, int place, void *args) { return ((function)api->functions[place])(args); }

// done says whether a call gave no error, and ends the error.
static int done(struct pjrt_api *api, void *error) {
	if (error == NULL) return 1;
	struct { size_t size; void *extension, *error; } args = {sizeof args, NULL, error};
	call(api, error_destroy, &args);
	return 0;
}

// The table of a plugin that is loaded already.
struct pjrt_api *pjrt_find(const char *plugin) {
	void *library = dlopen(plugin, RTLD_LAZY | RTLD_NOLOAD);
	if (library == NULL) return NULL;
	struct pjrt_api *(*get)(void) = dlsym(library, "GetPjrtApi");
	struct pjrt_api *api = get == NULL ? NULL : get();
	if (api == NULL || api->version.major != 0) return NULL;
	if (api->size < offsetof(struct pjrt_api, functions) + (executable_deserialize_and_load + 1) * sizeof(void *)) return NULL;
	return api;
}

// Puts keptCompile into the table; the page may be read-only.
int pjrt_replace_compile(struct pjrt_api *api) {
	void **place = &api->functions[client_compile];
	uintptr_t page = sysconf(_SC_PAGESIZE);
	if (mprotect((void *)((uintptr_t)place & ~(page - 1)), page, PROT_READ | PROT_WRITE) != 0) return 0;
	compile = (function)*place;
	*place = keptCompile;
	return 1;
}

void *pjrt_compile(struct pjrt_compile *args) { return compile(args); }

// Loads what was kept, as if it had been compiled.
int pjrt_load(struct pjrt_api *api, struct pjrt_compile *c, const void *bytes, size_t size) {
	struct {
		size_t size;
		void *extension, *client;
		const char *bytes;
		size_t bytes_size;
		void *loaded;
		const char *options;
		size_t options_size;
	} args = {sizeof args, NULL, c->client, bytes, size, NULL, NULL, 0};
	if (!done(api, call(api, executable_deserialize_and_load, &args))) return 0;
	c->executable = args.loaded;
	return 1;
}

int pjrt_serialize(struct pjrt_api *api, void *loaded, struct pjrt_serialized *out) {
	struct { size_t size; void *extension, *loaded, *executable; } get = {sizeof get, NULL, loaded, NULL};
	if (!done(api, call(api, loaded_executable_get_executable, &get))) return 0;
	struct {
		size_t size;
		void *extension, *executable;
		const char *bytes;
		size_t bytes_size;
		void *owner;
		void (*end)(void *);
	} args = {sizeof args, NULL, get.executable, NULL, 0, NULL, NULL};
	int ok = done(api, call(api, executable_serialize, &args));
	struct { size_t size; void *extension, *executable; } destroy = {sizeof destroy, NULL, get.executable};
	done(api, call(api, executable_destroy, &destroy));
	if (!ok) return 0;
	*out = (struct pjrt_serialized){args.bytes, args.bytes_size, args.owner, args.end};
	return 1;
}

void pjrt_end(struct pjrt_serialized *s) {
	if (s->end != NULL) s->end(s->owner);
}
