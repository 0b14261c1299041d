//go:build linux && cgo

#include "onednn.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- oneDNN. It makes a primitive for sizes and layouts, which is then executed on memory.

typedef void *object;

struct version {
	int major, minor, patch;
};

struct argument {
	int kind;
	object memory;
};

#define SLIDING const int64_t *strides, const int64_t *dilations, const int64_t *before, const int64_t *after

#define FUNCTIONS(F) \
	F(const struct version *, dnnl_version, (void)) \
	F(void, omp_set_num_threads, (int)) \
	F(int, dnnl_engine_create, (object *, int kind, size_t index)) \
	F(int, dnnl_stream_create, (object *, object engine, unsigned flags)) \
	F(int, dnnl_stream_wait, (object)) \
	F(int, dnnl_primitive_attr_create, (object *)) \
	F(int, dnnl_primitive_attr_set_scratchpad_mode, (object, int mode)) \
	F(int, dnnl_memory_desc_create_with_strides, (object *, int axes, const int64_t *sizes, int type, const int64_t *strides)) \
	F(int, dnnl_memory_desc_create_with_tag, (object *, int axes, const int64_t *sizes, int type, int tag)) \
	F(int, dnnl_memory_desc_equal, (object, object)) \
	F(size_t, dnnl_memory_desc_get_size, (object)) \
	F(object, dnnl_primitive_desc_query_md, (object, int what, int index)) \
	F(int, dnnl_convolution_forward_primitive_desc_create, \
		(object *, object engine, int kind, int algorithm, object x, object w, object bias, object y, SLIDING, object attr)) \
	F(int, dnnl_convolution_backward_data_primitive_desc_create, \
		(object *, object engine, int algorithm, object x, object w, object y, SLIDING, object forward, object attr)) \
	F(int, dnnl_convolution_backward_weights_primitive_desc_create, \
		(object *, object engine, int algorithm, object x, object w, object bias, object y, SLIDING, object forward, object attr)) \
	F(int, dnnl_reorder_primitive_desc_create, (object *, object from, object engine, object to, object to_engine, object attr)) \
	F(int, dnnl_primitive_create, (object *, object desc)) \
	F(int, dnnl_primitive_execute, (object, object stream, int n, const struct argument *)) \
	F(int, dnnl_memory_create, (object *, object desc, object engine, void *at)) \
	F(int, dnnl_memory_destroy, (object))

#define POINTER(type, name, parameters) static type (*name) parameters;
FUNCTIONS(POINTER)

enum { any_layout = 1, training = 64, direct = 1, on_cpu = 1, in_order = 1, own_scratchpad = 1 };
enum { from_arg = 1, to_arg = 17, scratchpad_arg = 80, scratchpad_md = 136 };

// The arguments x, w and y of each kind of computation, and where to ask for the layout of w.
static const int args[3][3] = {{1, 33, 17}, {129, 33, 145}, {1, 161, 145}};
static const int layouts[3] = {131, 131, 132};

static object engine, attr;

const char *onednn_open(const char *library, char name[64]) {
	void *l = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (l == NULL) return dlerror();
	static const struct { const char *name; void *place; } functions[] = {
#define NAMED(type, name, parameters) {#name, &name},
		FUNCTIONS(NAMED)
	};
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if ((*(void **)functions[i].place = dlsym(l, functions[i].name)) == NULL) return dlerror();
	const struct version *v = dnnl_version();
	snprintf(name, 64, "oneDNN %d.%d.%d", v->major, v->minor, v->patch);
	// The scratchpad that a primitive has by default is one for all threads, which then compute nonsense.
	if (dnnl_engine_create(&engine, on_cpu, 0) || dnnl_primitive_attr_create(&attr) || dnnl_primitive_attr_set_scratchpad_mode(attr, own_scratchpad))
		return "oneDNN does not start";
	return NULL;
}

// step is a primitive and the scratchpad that it needs.
struct step {
	object run, scratchpad;
};

static int make_step(struct step *s, object desc) {
	s->scratchpad = dnnl_primitive_desc_query_md(desc, scratchpad_md, 0);
	return dnnl_primitive_create(&s->run, desc) == 0;
}

// primitive computes a convolution of some examples. x, w and y lie as XLA gives them; w is
// reordered if it wants it to lie otherwise.
struct primitive {
	struct convolution key;
	struct primitive *next;
	struct step convolve, reorder;
	object given[3], wanted;
};

// type_of is how x, w or y lie. Sums over examples are kept in f32 until all are added.
static int type_of(const struct convolution *c, int i) { return i == 1 && c->compute == compute_w ? f32 : c->type; }

static int make(struct primitive *p) {
	const struct convolution *c = &p->key;
	const int64_t *x = c->x, *w = c->w, *y = c->y, none[2] = {0, 0};
	int64_t after[2];
	for (int i = 0; i < 2; i++) after[i] = (y[i] - 1) * c->strides[i] + w[i] - x[i] - c->pads[i];
	int64_t sizes[3][12] = {{c->n, x[2], x[0], x[1]}, {y[2], x[2], w[0], w[1]}, {c->n, y[2], y[0], y[1]}};
	int64_t apart[3][12] = {
		{x[0] * x[1] * x[2], 1, x[1] * x[2], x[2]}, {1, y[2], w[1] * x[2] * y[2], x[2] * y[2]}, {y[0] * y[1] * y[2], 1, y[1] * y[2], y[2]}};
	object free_w, desc, forward;
	for (int i = 0; i < 3; i++)
		if (dnnl_memory_desc_create_with_strides(&p->given[i], 4, sizes[i], type_of(c, i), apart[i])) return 0;
	if (dnnl_memory_desc_create_with_tag(&free_w, 4, sizes[1], c->type, any_layout)) return 0;
	if (dnnl_convolution_forward_primitive_desc_create(&forward, engine, training, direct, p->given[0], free_w, NULL, p->given[2],
		c->strides, none, c->pads, after, attr)) return 0;
	if (type_of(c, 1) != c->type && dnnl_memory_desc_create_with_tag(&free_w, 4, sizes[1], f32, any_layout)) return 0;
	desc = forward;
	if (c->compute == compute_x && dnnl_convolution_backward_data_primitive_desc_create(&desc, engine, direct, p->given[0], free_w, p->given[2],
		c->strides, none, c->pads, after, forward, attr)) return 0;
	if (c->compute == compute_w && dnnl_convolution_backward_weights_primitive_desc_create(&desc, engine, direct, p->given[0], free_w, NULL, p->given[2],
		c->strides, none, c->pads, after, forward, attr)) return 0;
	if (!make_step(&p->convolve, desc)) return 0;
	p->wanted = dnnl_primitive_desc_query_md(desc, layouts[c->compute], 0);
	if (dnnl_memory_desc_equal(p->given[1], p->wanted)) return 1;
	object from = p->given[1], to = p->wanted, reorder;
	if (c->compute == compute_w) from = p->wanted, to = p->given[1];
	return dnnl_reorder_primitive_desc_create(&reorder, from, engine, to, engine, attr) == 0 && make_step(&p->reorder, reorder);
}

// find gives the primitive for n of the examples, NULL where oneDNN has none.
static struct primitive *find(const struct convolution *c, int64_t n) {
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct primitive *all;
	struct convolution key = *c;
	key.n = n, key.parts = 0;
	pthread_mutex_lock(&lock);
	omp_set_num_threads(1); // of this thread: XLA's own do the rest
	struct primitive *p = all;
	while (p != NULL && memcmp(&p->key, &key, sizeof key) != 0) p = p->next;
	if (p == NULL && (p = calloc(1, sizeof *p)) != NULL) {
		p->key = key;
		if (make(p)) p->next = all, all = p;
		else free(p), p = NULL;
	}
	pthread_mutex_unlock(&lock);
	return p;
}

// Makes what is needed for a convolution, and says whether oneDNN has it.
int onednn_prepare(const struct convolution *c) {
	return find(c, c->n / c->parts) != NULL && (c->n % c->parts == 0 || find(c, c->n / c->parts + 1) != NULL);
}

// memory is a thread's own for some purpose. It is used again and again.
static void *memory(int purpose, size_t bytes) {
	static __thread struct { void *at; size_t bytes; } own[3];
	if (own[purpose].bytes < bytes) {
		free(own[purpose].at);
		own[purpose].bytes = bytes;
		if (posix_memalign(&own[purpose].at, 64, bytes) != 0) own[purpose].at = NULL, own[purpose].bytes = 0;
	}
	return own[purpose].at;
}

enum { for_scratchpad, for_kernel, for_reordered };

// place makes memory of that layout; where nothing was left for it, at is NULL.
static int place(object *m, object layout, void *at) {
	return (at != NULL || dnnl_memory_desc_get_size(layout) == 0) && dnnl_memory_create(m, layout, engine, at) == 0;
}

static int execute(struct step *s, object stream, int n, struct argument *a) {
	object scratchpad;
	if (!place(&scratchpad, s->scratchpad, memory(for_scratchpad, dnnl_memory_desc_get_size(s->scratchpad)))) return 0;
	a[n] = (struct argument){scratchpad_arg, scratchpad};
	int ok = dnnl_primitive_execute(s->run, stream, n + 1, a) == 0;
	dnnl_memory_destroy(scratchpad);
	return ok;
}

static int reorder(struct step *s, object stream, object from, object to) {
	struct argument a[3] = {{from_arg, from}, {to_arg, to}}; // and the scratchpad
	return execute(s, stream, 2, a);
}

static size_t bytes_of(const struct convolution *c) { return c->type == bf16 ? 2 : 4; }

// turned is a kernel with its last place first.
static char *turned(const struct convolution *c, const char *kernel) {
	size_t places = c->w[0] * c->w[1], size = c->x[2] * c->y[2] * bytes_of(c);
	char *t = memory(for_kernel, places * size);
	for (size_t i = 0; t != NULL && i < places; i++) memcpy(t + i * size, kernel + (places - 1 - i) * size, size);
	return t;
}

// Computes n examples, at being where x, w and y lie.
static int convolve(const struct convolution *c, int64_t n, void *const at[3]) {
	static __thread object stream;
	struct primitive *p = find(c, n);
	if (p == NULL || (stream == NULL && dnnl_stream_create(&stream, engine, in_order) != 0)) return 0;
	object given[4] = {0}, *wanted = &given[3];
	struct argument a[4];
	int before = p->reorder.run != NULL && c->compute != compute_w, after = p->reorder.run != NULL && !before, ok = 1;
	for (int i = 0; ok && i < 3; i++) {
		ok = place(&given[i], p->given[i], i == 1 && c->compute == compute_x ? turned(c, at[i]) : at[i]);
		a[i] = (struct argument){args[c->compute][i], given[i]};
	}
	if (ok && (before || after)) {
		ok = place(wanted, p->wanted, memory(for_reordered, dnnl_memory_desc_get_size(p->wanted)));
		a[1].memory = *wanted;
	}
	ok = ok && (!before || reorder(&p->reorder, stream, given[1], *wanted)) && execute(&p->convolve, stream, 3, a) &&
		(!after || reorder(&p->reorder, stream, *wanted, given[1])) && dnnl_stream_wait(stream) == 0;
	for (int i = 0; i < 4; i++)
		if (given[i] != NULL) dnnl_memory_destroy(given[i]);
	return ok;
}

// ---- XLA's foreign functions, version 0.1

struct extension {
	size_t size;
	int type;
	struct extension *next;
};

struct metadata {
	size_t size;
	struct {
		size_t size;
		void *extension;
		int major, minor;
	} version;
	uint32_t traits;
};

struct metadata_extension {
	struct extension base;
	struct metadata *metadata;
};

struct buffer {
	size_t size;
	void *extension;
	int type;
	void *data;
};

struct buffers {
	size_t size;
	void *extension;
	int64_t n;
	int *types;
	struct buffer **list;
};

struct numbers {
	int type;
	size_t n;
	const int64_t *list;
};

struct attributes {
	size_t size;
	void *extension;
	int64_t n;
	int *types;
	void **names;
	struct numbers **list;
};

struct api {
	size_t size;
	void *extension;
	size_t version_size;
	void *version_extension;
	int major, minor;
	void *internal;
	void *(*functions[])(void *args);
};

struct call {
	size_t size;
	struct extension *extension;
	struct api *api;
	void *context;
	int stage;
	struct buffers args, results;
	struct attributes attributes;
};

enum { error_create_call = 0, error_destroy_call = 2, thread_pool_schedule = 11 }; // places in functions
enum { register_handler = 2, metadata_type = 1, array_type = 1, execute_stage = 3, internal_error = 13 };

// batch is cut into parts, which XLA's threads do beside the one that asks.
struct batch {
	struct convolution c;
	char *at[3];
	float *sums;   // the gradients of the kernel by the parts; in f32 the first is the result
	size_t kernel; // numbers in it
	atomic_int users, next, done, failed;
};

// Does parts that nobody does yet.
static void work(struct batch *b) {
	const struct convolution *c = &b->c;
	int64_t n = c->n / c->parts, more = c->n % c->parts; // so many parts have one example more
	for (int64_t i; (i = atomic_fetch_add(&b->next, 1)) < c->parts; atomic_fetch_add(&b->done, 1)) {
		int64_t first = i * n + (i < more ? i : more);
		first *= bytes_of(c);
		void *at[3] = {b->at[0] + first * c->x[0] * c->x[1] * c->x[2], b->at[1], b->at[2] + first * c->y[0] * c->y[1] * c->y[2]};
		if (c->compute == compute_w && (i > 0 || c->type == bf16)) at[1] = b->sums + i * b->kernel;
		if (!convolve(c, n + (i < more), at)) atomic_store(&b->failed, 1);
	}
}

static void leave(struct batch *b) {
	if (atomic_fetch_sub(&b->users, 1) == 1) free(b->sums), free(b);
}

static void help(void *b) {
	work(b);
	leave(b);
}

// rounded is v in bf16, the nearest.
static uint16_t rounded(float v) {
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	return v != v ? 0x7fc0 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}

// Computes c for XLA, to the same bits each time: the parts' sums are added in order.
static int compute(struct call *call, const struct convolution *c, char *const at[3]) {
	struct batch *b = calloc(1, sizeof *b);
	if (b == NULL) return 0;
	*b = (struct batch){*c, {at[0], at[1], at[2]}, .kernel = c->w[0] * c->w[1] * c->x[2] * c->y[2], .users = c->parts};
	int sums = c->compute == compute_w && (c->parts > 1 || c->type == bf16);
	if (sums && (b->sums = malloc(c->parts * b->kernel * sizeof *b->sums)) == NULL) {
		free(b);
		return 0;
	}
	for (int i = 1; i < c->parts; i++) {
		struct { size_t size; void *extension, *context; void (*task)(void *); void *data; } args = {sizeof args, NULL, call->context, help, b};
		void *error = call->api->functions[thread_pool_schedule](&args);
		if (error == NULL) continue;
		struct { size_t size; void *extension, *error; } destroy = {sizeof destroy, NULL, error};
		call->api->functions[error_destroy_call](&destroy);
		leave(b); // nobody comes to help
	}
	work(b);
	while (atomic_load(&b->done) < c->parts) sched_yield();
	int ok = !atomic_load(&b->failed);
	float *total = c->type == bf16 ? b->sums : (float *)at[1];
	for (int part = 1; sums && part < c->parts; part++)
		for (size_t i = 0; i < b->kernel; i++) total[i] += b->sums[part * b->kernel + i];
	for (size_t i = 0; sums && c->type == bf16 && i < b->kernel; i++) ((uint16_t *)at[1])[i] = rounded(total[i]);
	leave(b);
	return ok;
}

// What XLA calls for a convolution, and once before to ask which version it is written for.
static void *handle(struct call *call) {
	for (struct extension *e = call->extension; e != NULL; e = e->next)
		if (e->type == metadata_type) {
			struct metadata *m = ((struct metadata_extension *)e)->metadata;
			m->version.major = 0, m->version.minor = 1, m->traits = 0;
			return NULL;
		}
	if (call->stage != execute_stage) return NULL;
	struct convolution c;
	struct numbers *n = call->attributes.list[0];
	if (call->attributes.n == 1 && call->attributes.types[0] == array_type && n->n * sizeof *n->list == sizeof c) {
		memcpy(&c, n->list, sizeof c);
		struct buffer **in = call->args.list, *out = call->results.list[0];
		struct buffer *all[3][3] = {{in[0], in[1], out}, {out, in[1], in[0]}, {in[0], out, in[1]}};
		char *at[3];
		for (int i = 0; i < 3; i++) at[i] = all[c.compute][i]->data;
		if (compute(call, &c, at)) return NULL;
	}
	struct { size_t size; void *extension; const char *message; int code; } error = {sizeof error, NULL, "oneDNN cannot compute this convolution", internal_error};
	return call->api->functions[error_create_call](&error);
}

// Has the plugin call handle by that name.
const char *onednn_register(struct pjrt_api *api, const char *name) {
	struct { struct extension base; void *functions[]; } *ffi = api->extension;
	while (ffi != NULL && ffi->base.type != ffi_extension) ffi = (void *)ffi->base.next;
	if (ffi == NULL) return "the plugin takes no functions of others";
	struct { size_t size; const char *name; size_t name_size; void *handle; const char *platform; size_t platform_size; int traits; } args =
		{sizeof args, name, strlen(name), handle, "Host", 4, 0};
	return pjrt_done(api, ((void *(*)(void *))ffi->functions[register_handler])(&args)) ? NULL : "the plugin refuses the function";
}
