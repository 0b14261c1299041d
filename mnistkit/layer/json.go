package layer

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"gonblabs/mnistkit/internal/strict"
)

// decoders makes a layer from its JSON object, by the value of "layer".
var decoders = map[string]func([]byte) (Layer, error){}

// register makes layers of type L known to UnmarshalJSON.
func register[L Layer]() {
	var zero L
	decoders[zero.Kind()] = func(b []byte) (Layer, error) {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(b, &fields); err != nil {
			return nil, err
		}
		delete(fields, "layer")
		b, err := json.Marshal(fields)
		if err != nil {
			return nil, err
		}
		var l L
		err = strict.Unmarshal(b, &l)
		return l, err
	}
}

// MarshalJSON writes the stack as a list of objects; "layer" holds the kind:
// {"layer":"Dense","units":10}.
func (s Stack) MarshalJSON() ([]byte, error) {
	list := make([]json.RawMessage, len(s))
	for i, l := range s {
		if l == nil {
			return nil, fmt.Errorf("layer %d of the model is nil", i+1)
		}
		body, err := json.Marshal(l)
		if err != nil {
			return nil, fmt.Errorf("layer %d, %s: %w", i+1, l.Kind(), err)
		}
		head := fmt.Sprintf(`{"layer":%q`, l.Kind())
		if string(body) != "{}" {
			head += ","
		}
		list[i] = json.RawMessage(head + string(body[1:]))
	}
	return json.Marshal(list)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (s *Stack) UnmarshalJSON(b []byte) error {
	var list []json.RawMessage
	if err := json.Unmarshal(b, &list); err != nil {
		return fmt.Errorf("a model is a JSON list of layers: %w", err)
	}
	stack := make(Stack, len(list))
	for i, raw := range list {
		var head struct {
			Layer string `json:"layer"`
		}
		if err := json.Unmarshal(raw, &head); err != nil {
			return fmt.Errorf("layer %d: %w", i+1, err)
		}
		decode, ok := decoders[head.Layer]
		if !ok {
			return fmt.Errorf("layer %d is of the unknown kind %q; known are %s", i+1, head.Layer, strings.Join(Kinds(), ", "))
		}
		l, err := decode(raw)
		if err != nil {
			return fmt.Errorf("layer %d, %s: %w", i+1, head.Layer, err)
		}
		stack[i] = l
	}
	*s = stack
	return nil
}

// GobEncode and GobDecode carry a stack over a pipe in its JSON form.
func (s Stack) GobEncode() ([]byte, error) { return s.MarshalJSON() }

// GobDecode reads what GobEncode wrote.
func (s *Stack) GobDecode(b []byte) error { return s.UnmarshalJSON(b) }

// Kinds lists the names of all layers, in alphabetical order.
//
//	layer.Kinds()
func Kinds() []string { return slices.Sorted(maps.Keys(decoders)) }
