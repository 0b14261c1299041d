// Convolutions by oneDNN, for XLA to call. Channels come last; a kernel's outputs do.

#pragma once

#include <stdint.h>

#include "pjrt.h"

// What is computed of the other two: the output y, or the gradient of the input x or of the
// kernel w. XLA turns the kernel round before it computes the gradient of x.
enum { compute_y, compute_x, compute_w };

// oneDNN's numbers of the types. Products of bf16 are added in f32.
enum { bf16 = 2, f32 };

// A convolution as it goes forward. XLA hands these numbers through.
struct convolution {
	int64_t compute, type;       // of all three: f32 or bf16
	int64_t parts;               // of the examples, each on a thread of its own
	int64_t n, x[3], w[2], y[3]; // examples; rows, columns and channels
	int64_t strides[2], pads[2]; // before the first row and column
};

const char *onednn_open(const char *library, char name[64]); // what is wrong, or NULL
const char *onednn_register(struct pjrt_api *api, const char *name);
int onednn_prepare(const struct convolution *c);
