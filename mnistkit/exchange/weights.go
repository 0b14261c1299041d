package exchange

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gonblabs/mnistkit/data"
	"gonblabs/mnistkit/files"
	"gonblabs/mnistkit/internal/quote"
	"gonblabs/mnistkit/session"
)

// A file of safetensors: the length of its head in eight bytes, the head in JSON, then the numbers of all arrays.

// maxHead bounds the head of a file; safetensors' own limit is larger.
const maxHead = 16 << 20

type entry struct {
	DType   string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
	name    string
}

// Safetensors is a file that holds the weights as float32, under their names and in their order.
//
//	file, err := exchange.Safetensors(weights, map[string]string{"format": "keras"})
func Safetensors(weights []session.Weight, notes map[string]string) ([]byte, error) {
	if notes == nil {
		notes = map[string]string{}
	}
	about, err := json.Marshal(notes)
	head := fmt.Sprintf(`{"__metadata__":%s`, about) // by hand: encoding/json sorts the names
	var values []byte
	for _, w := range weights {
		from := int64(len(values))
		values, _ = binary.Append(values, binary.LittleEndian, w.Values) // fails for other types only
		line, failed := json.Marshal(entry{"F32", append([]int{}, w.Shape...), [2]int64{from, int64(len(values))}, ""})
		name, _ := json.Marshal(w.Name) // a string never fails
		err = cmp.Or(err, failed)
		head += fmt.Sprintf(",%s:%s", name, line)
	}
	head += "}"
	head += strings.Repeat(" ", (8-len(head)%8)%8) // the numbers begin at a multiple of eight
	file := binary.LittleEndian.AppendUint64(nil, uint64(len(head)))
	return slices.Concat(file, []byte(head), values), err
}

// ReadWeights reads a model's weights from a file of safetensors or of NumPy (.npz), in the file's order.
//
//	weights, err := exchange.ReadWeights("lenet.safetensors")
//
// float64 becomes float32. NumPy's arrays without names, of numpy.savez("w.npz", *model.get_weights()), are in the order of
// their numbers.
func ReadWeights(path string) (weights []session.Weight, err error) {
	if strings.EqualFold(filepath.Ext(path), ".npz") {
		return readNPZ(path)
	}
	file, err := files.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err == nil {
		weights, err = decode(file, info.Size())
	}
	if err != nil {
		return nil, quote.Errorf("%s: %w", path, err)
	}
	return weights, nil
}

// decode reads a file of safetensors of so many bytes.
func decode(r io.Reader, size int64) ([]session.Weight, error) {
	var length uint64
	if err := binary.Read(r, binary.LittleEndian, &length); err != nil || length > uint64(min(maxHead, max(0, size-8))) {
		return nil, fmt.Errorf("it is not a file of safetensors, or cut short; write one with safetensors.numpy.save_file")
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, err
	}
	var head map[string]json.RawMessage
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("its head is damaged (%w); write it again", err)
	}
	delete(head, "__metadata__")
	var arrays []entry
	for name, line := range head {
		a := entry{name: name}
		if err := json.Unmarshal(line, &a); err != nil {
			return nil, fmt.Errorf("the array %q is damaged (%w); write the file again", name, err)
		}
		arrays = append(arrays, a)
	}
	slices.SortFunc(arrays, func(a, b entry) int {
		return cmp.Or(slices.Compare(a.Offsets[:], b.Offsets[:]), strings.Compare(a.name, b.name))
	})
	var weights []session.Weight
	left, at := size-8-int64(length), int64(0)
	for _, a := range arrays {
		width := map[string]int{"F32": 4, "F64": 8}[a.DType]
		n, ok := data.SizeOf(a.Shape, data.MaxValues)
		switch {
		case width == 0:
			return nil, fmt.Errorf("the array %q holds numbers of type %q; save it as float32", a.name, a.DType)
		case !ok || a.Offsets[0] != at || a.Offsets[1] != at+int64(n*width) || a.Offsets[1] > left:
			return nil, fmt.Errorf("the array %q of shape %v does not lie where the head says; write the file again", a.name, a.Shape)
		}
		at = a.Offsets[1]
		raw := make([]byte, n*width)
		if _, err := io.ReadFull(r, raw); err != nil {
			return nil, err
		}
		w := session.Weight{Name: a.name, Shape: a.Shape, Values: make([]float32, n)}
		for i := range w.Values {
			if width == 4 {
				w.Values[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
			} else {
				w.Values[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
			}
		}
		weights = append(weights, w)
	}
	if at != left {
		return nil, fmt.Errorf("it has %d bytes after its arrays; write it again", left-at)
	}
	return weights, nil
}

// readNPZ reads arrays of NumPy: those without names by their numbers, the others by their names.
func readNPZ(path string) ([]session.Weight, error) {
	arrays, err := data.ReadNPZ(path)
	if err != nil {
		return nil, err
	}
	var weights []session.Weight
	for name, a := range arrays {
		if a.F32 == nil {
			return nil, fmt.Errorf("%s: the array %q is of type %s; save weights as float32", path, name, a.DType())
		}
		weights = append(weights, session.Weight{Name: name, Shape: append([]int{a.Len()}, a.Shape...), Values: a.F32})
	}
	slices.SortFunc(weights, func(a, b session.Weight) int { return compareNames(a.Name, b.Name) })
	return weights, nil
}

// compareNames orders names with a number at their end by the number: dense, dense_1, dense_10.
func compareNames(a, b string) int {
	kind, n := numbered(a)
	other, m := numbered(b)
	return cmp.Or(strings.Compare(kind, other), cmp.Compare(n, m))
}

// numbered takes the number from the end of a name: "dense_3" is "dense" and 3.
func numbered(name string) (kind string, n int) {
	if i := strings.LastIndexByte(name, '_'); i > 0 {
		if n, err := strconv.Atoi(name[i+1:]); err == nil {
			return name[:i], n
		}
	}
	return name, 0
}

// Match gives the weights of a file the names and the order of a model's.
//
//	weights, err := exchange.Match(found, wanted)
//
// Names are the model's own, or Keras', which count the layers of a kind from wherever the program stood: dense_7 and dense_8
// are dense and dense_1. NumPy's arrays without names, arr_0 and so on, are the model's weights in their order. Other names
// are an error: a file's order need not be the model's.
func Match(found, wanted []session.Weight) ([]session.Weight, error) {
	if len(found) != len(wanted) {
		return nil, fmt.Errorf("the file has %d arrays, and the model has %d; use a model with the same layers", len(found), len(wanted))
	}
	own, counted, ordered := map[string]session.Weight{}, map[string]session.Weight{}, map[string]session.Weight{}
	layers := map[string][]string{} // names of the layers of a kind
	for _, w := range found {
		own[w.Name] = w
		layer, _ := split(w.Name)
		kind, _ := numbered(layer)
		if !slices.Contains(layers[kind], layer) {
			layers[kind] = append(layers[kind], layer)
		}
	}
	for i, w := range found {
		layer, name := split(w.Name)
		kind, _ := numbered(layer)
		slices.SortFunc(layers[kind], compareNames)
		if i := slices.Index(layers[kind], layer); i > 0 {
			kind = fmt.Sprintf("%s_%d", kind, i)
		}
		counted[kind+"/"+name] = w
		if w, ok := own[fmt.Sprintf("arr_%d", i)]; ok {
			ordered[wanted[i].Name] = w
		}
	}
	missing := -1
	for _, named := range []map[string]session.Weight{own, ordered, counted} {
		missing = slices.IndexFunc(wanted, func(w session.Weight) bool { _, ok := named[w.Name]; return !ok })
		if missing < 0 {
			return fitting(named, wanted)
		}
	}
	return nil, fmt.Errorf("the file has no array of the name %s, as the model has; write it with docs/exchange/keras_weights.py", wanted[missing].Name)
}

// fitting are the weights of a file in the order of the wanted, if they have their shapes.
func fitting(named map[string]session.Weight, wanted []session.Weight) ([]session.Weight, error) {
	matched := make([]session.Weight, len(wanted))
	for i, want := range wanted {
		w := named[want.Name]
		if !slices.Equal(w.Shape, want.Shape) {
			return nil, fmt.Errorf("the model's %s has the shape %v, and the file's %s has %v; use a model with the same layers", want.Name, want.Shape, w.Name, w.Shape)
		}
		matched[i] = session.Weight{Name: want.Name, Shape: want.Shape, Values: w.Values}
	}
	return matched, nil
}

// split is a weight's layer and its own name: of "sequential/dense_1/kernel", "dense_1" and "kernel".
func split(name string) (layer, weight string) {
	parts := strings.Split(strings.TrimSuffix(name, ":0"), "/")
	if len(parts) < 2 {
		return "", name
	}
	return parts[len(parts)-2], parts[len(parts)-1]
}
