package engine

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gomlx/compute"
	"github.com/gomlx/compute/distributed"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/core/tensors/dtensor"
	"github.com/gomlx/gomlx/ml/model"

	"gonblabs/mnistkit/session"
)

// Several devices do a step together, by GoMLX's AutoSharding. Each has all data and all weights. The places in a
// batch are an input, of which each is given its part. XLA splits all that follows from them, and adds up what
// belongs to the whole batch: gradients, sums, the statistics of BatchNorm. The graph stays that of one device.

// onEach says that an array lies whole on each of n devices; nil for one.
func onEach(n int) *distributed.ShardingSpec {
	if n <= 1 {
		return nil
	}
	mesh, err := distributed.NewDeviceMesh([]int{n}, []string{"devices"})
	must(err) // there is none for such names
	return distributed.NewReplicatedShardingSpec(mesh)
}

// array is a tensor, or one on each device.
type array interface{ FinalizeAll() error }

// everywhere puts a tensor on all devices.
func (e *Engine) everywhere(t *tensors.Tensor) array {
	if e.devices == nil {
		return t
	}
	shards := []*tensors.Tensor{t}
	for len(shards) < e.devices.Mesh.NumDevices() {
		shard, err := t.OnDeviceClone(e.backend, compute.DeviceNum(len(shards)))
		must(err)
		shards = append(shards, shard)
	}
	d, err := dtensor.NewTensor(e.devices, shards)
	must(err)
	return d
}

// call does a step over a batch of b examples, and gives its outputs, which are the same on all devices.
func (e *Engine) call(step *model.Exec, b int, args []any) []*tensors.Tensor {
	places := e.placesOf(b)
	with := slices.Concat(args, []any{places})
	if e.devices == nil {
		return step.MustCall(with...)
	}
	specs := append(slices.Repeat([]*distributed.ShardingSpec{e.devices}, len(args)), places.(*dtensor.Tensor).ShardingSpec())
	step.AutoSharding(e.devices.Mesh).WithInputShardingSpecs(specs...).WithOutputShardingSpecs(e.devices)
	all := step.MustCall(with...)
	first := len(all) / e.devices.Mesh.NumDevices()
	for _, t := range all[first:] {
		finalize(t)
	}
	return all[:first]
}

// placesOf are 0 … b-1, of which each device has its part. A batch that cannot be split evenly, such as the last of
// an epoch, is computed by each of them.
func (e *Engine) placesOf(b int) array {
	if e.places[b] == nil {
		t := tensors.FromFlatDataAndDimensions(firstIndices(b), b)
		if d := e.devices; d == nil || b%d.Mesh.NumDevices() != 0 {
			e.places[b] = e.everywhere(t)
		} else {
			parts, err := dtensor.ShardTensor(&distributed.ShardingSpec{Mesh: d.Mesh, Axes: []distributed.AxisSpec{{"devices"}}}, t)
			must(err)
			e.places[b] = parts
		}
	}
	return e.places[b]
}

// cpuDevices is the option of newXLA that asks the plugin for the CPU for devices.
const cpuDevices = ",cpu_device_count="

// onCPU are backends by their devices: an XLA that is open gets no more of them.
var onCPU = struct {
	sync.Mutex
	by map[int]compute.Backend
}{by: map[int]compute.Backend{}}

// withDevices is the backend b if it has n devices. XLA on a CPU is opened with as many as are wanted.
func withDevices(b compute.Backend, n int) (_ compute.Backend, err error) {
	kind := backendName(b)
	if kind == "xla:cpu" && n > 1 {
		onCPU.Lock()
		defer onCPU.Unlock()
		if onCPU.by[n] == nil {
			onCPU.by[n], err = startBackend(fmt.Sprint(session.ChosenBackend(), cpuDevices, n))
		}
		b = onCPU.by[n]
	}
	switch {
	case err != nil:
		return nil, err
	case n > b.NumDevices() && kind == "go":
		return nil, fmt.Errorf("Devices is %d, but pure Go computes on one; leave it out, or have XLA compute", n)
	case n > b.NumDevices():
		return nil, fmt.Errorf("Devices is %d, but %s finds %d in this machine; set it to that, or less", n, kind, b.NumDevices())
	}
	return b, nil
}
