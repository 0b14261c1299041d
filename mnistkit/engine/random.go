package engine

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
)

// Random numbers for dropout are a hash of (seed, epoch, batch, layer, place): nothing to
// save, equal on every backend, and cheap, since the compiler fuses it with what uses it.

func epochKey(seed uint64, epoch int) uint32 {
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, []uint64{seed, uint64(epoch)}) // a hash takes all
	sum := h.Sum64()
	return uint32(sum ^ sum>>32)
}

// randomBits are uniform uint32 of the given dimensions; salt tells apart the
// places in a model that draw with the same key.
func randomBits(key *graph.Node, salt uint32, dims ...int) *graph.Node {
	g := key.Graph()
	key = mix(graph.BitwiseXor(key, graph.Const(g, salt*0x9e3779b9+0x85ebca6b)))
	place := graph.Iota(g, shapes.Make(dtypes.Uint32, shapes.Make(dtypes.Uint32, dims...).Size()), 0)
	place = graph.Mul(place, graph.Const(g, uint32(0x9e3779b9)))
	return graph.Reshape(mix(graph.Add(place, key)), dims...)
}

// mix is the 32-bit finaliser "lowbias32" of C. Wellons' hash prospector.
func mix(x *graph.Node) *graph.Node {
	g := x.Graph()
	shift := func(n uint32) { x = graph.BitwiseXor(x, graph.BitwiseShiftRightLogical(x, graph.Const(g, n))) }
	shift(16)
	x = graph.Mul(x, graph.Const(g, uint32(0x7feb352d)))
	shift(15)
	x = graph.Mul(x, graph.Const(g, uint32(0x846ca68b)))
	shift(16)
	return x
}
