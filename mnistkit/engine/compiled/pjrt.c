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

// pjrt_done says whether a call gave no error, and ends the error.
int pjrt_done(struct pjrt_api *api, void *error) {
	if (error == NULL) return 1;
	struct pjrt_object args = {sizeof args, NULL, error};
	call(api, error_destroy, &args);
	return 0;
}

// The table of a plugin that is loaded already. Interfaces before 0.71 know no
// options for a program that is loaded.
struct pjrt_api *pjrt_find(const char *plugin) {
	void *library = dlopen(plugin, RTLD_LAZY | RTLD_NOLOAD);
	if (library == NULL) return NULL;
	struct pjrt_api *(*get)(void) = dlsym(library, "GetPjrtApi");
	struct pjrt_api *api = get == NULL ? NULL : get();
	if (api == NULL || api->version.major != 0 || api->version.minor < 71) return NULL;
	if (api->size < offsetof(struct pjrt_api, functions) + (executable_deserialize_and_load + 1) * sizeof(void *)) return NULL;
	return api;
}

// Puts keptCompile into the table, whose page may be read-only.
int pjrt_replace_compile(struct pjrt_api *api) {
	void **place = &api->functions[client_compile];
	uintptr_t size = sysconf(_SC_PAGESIZE);
	if (mprotect((void *)((uintptr_t)place & ~(size - 1)), size, PROT_READ | PROT_WRITE) != 0) return 0;
	compile = (function)*place;
	*place = keptCompile;
	return 1;
}

void *pjrt_compile(struct pjrt_compile *args) { return compile(args); }

// Loads what was kept, as if it had been compiled.
int pjrt_load(struct pjrt_api *api, struct pjrt_compile *c, const void *bytes, size_t size) {
	struct pjrt_deserialize args = {sizeof args, NULL, c->client, bytes, size, NULL, NULL, 0};
	if (!pjrt_done(api, call(api, executable_deserialize_and_load, &args))) return 0;
	c->executable = args.loaded;
	return 1;
}

int pjrt_serialize(struct pjrt_api *api, void *loaded, struct pjrt_serialize *out) {
	struct pjrt_get_executable get = {sizeof get, NULL, loaded, NULL};
	if (!pjrt_done(api, call(api, loaded_executable_get_executable, &get))) return 0;
	*out = (struct pjrt_serialize){sizeof *out, NULL, get.executable, NULL, 0, NULL, NULL};
	int ok = pjrt_done(api, call(api, executable_serialize, out));
	struct pjrt_object destroy = {sizeof destroy, NULL, get.executable};
	pjrt_done(api, call(api, executable_destroy, &destroy));
	return ok;
}

void pjrt_end(struct pjrt_serialize *s) {
	if (s->end != NULL) s->end(s->owner);
}
