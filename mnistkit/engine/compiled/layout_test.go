//go:build linux && cgo

package compiled

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLayout compiles layout against pjrt.h and the header of PJRT that go-xla
// brings along, which a package outside of go-xla cannot include.
func TestLayout(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/gomlx/go-xla").Output()
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	compile := func(code string) ([]byte, error) {
		name := filepath.Join(t.TempDir(), "layout.c")
		if err := os.WriteFile(name, []byte(code), 0o666); err != nil {
			t.Fatal(err)
		}
		headers := filepath.Join(strings.TrimSpace(string(out)), "pjrt")
		return exec.Command("cc", "-std=c11", "-fsyntax-only", "-I", headers, "-I", here, name).CombinedOutput()
	}
	if said, err := compile(layout); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
	if _, err := compile(strings.Replace(layout, "compile, options,", "compile, client,", 1)); err == nil {
		t.Error("a field at another place is not noticed")
	}
}

const layout = `
#include "pjrt_c_api.h"
#include "pjrt.h"

#define PLACE(place, function) \
	_Static_assert(offsetof(struct pjrt_api, functions) + place * sizeof(void *) == offsetof(PJRT_Api, function), #function);
PLACE(error_destroy, PJRT_Error_Destroy)
PLACE(client_compile, PJRT_Client_Compile)
PLACE(executable_destroy, PJRT_Executable_Destroy)
PLACE(executable_serialize, PJRT_Executable_Serialize)
PLACE(loaded_executable_get_executable, PJRT_LoadedExecutable_GetExecutable)
PLACE(executable_deserialize_and_load, PJRT_Executable_DeserializeAndLoad)

_Static_assert((int)ffi_extension == (int)PJRT_Extension_Type_FFI, "FFI");

#define SIZE(ours, theirs) _Static_assert(sizeof(struct pjrt_##ours) == sizeof(theirs), #ours);
#define FIELD(ours, field, theirs, name) \
	_Static_assert(offsetof(struct pjrt_##ours, field) == offsetof(theirs, name), #ours " " #field); \
	_Static_assert(sizeof(((struct pjrt_##ours *)0)->field) == sizeof(((theirs *)0)->name), #ours " " #field);

FIELD(api, size, PJRT_Api, struct_size)
FIELD(api, version.major, PJRT_Api, pjrt_api_version.major_version)
FIELD(api, version.minor, PJRT_Api, pjrt_api_version.minor_version)

SIZE(program, PJRT_Program)
FIELD(program, code, PJRT_Program, code)
FIELD(program, code_size, PJRT_Program, code_size)
FIELD(program, format, PJRT_Program, format)
FIELD(program, format_size, PJRT_Program, format_size)

SIZE(compile, PJRT_Client_Compile_Args)
FIELD(compile, client, PJRT_Client_Compile_Args, client)
FIELD(compile, program, PJRT_Client_Compile_Args, program)
FIELD(compile, options, PJRT_Client_Compile_Args, compile_options)
FIELD(compile, options_size, PJRT_Client_Compile_Args, compile_options_size)
FIELD(compile, executable, PJRT_Client_Compile_Args, executable)

SIZE(object, PJRT_Error_Destroy_Args)
FIELD(object, object, PJRT_Error_Destroy_Args, error)
SIZE(object, PJRT_Executable_Destroy_Args)
FIELD(object, object, PJRT_Executable_Destroy_Args, executable)

SIZE(get_executable, PJRT_LoadedExecutable_GetExecutable_Args)
FIELD(get_executable, loaded, PJRT_LoadedExecutable_GetExecutable_Args, loaded_executable)
FIELD(get_executable, executable, PJRT_LoadedExecutable_GetExecutable_Args, executable)

SIZE(serialize, PJRT_Executable_Serialize_Args)
FIELD(serialize, executable, PJRT_Executable_Serialize_Args, executable)
FIELD(serialize, bytes, PJRT_Executable_Serialize_Args, serialized_bytes)
FIELD(serialize, bytes_size, PJRT_Executable_Serialize_Args, serialized_bytes_size)
FIELD(serialize, owner, PJRT_Executable_Serialize_Args, serialized_executable)
FIELD(serialize, end, PJRT_Executable_Serialize_Args, serialized_executable_deleter)

SIZE(deserialize, PJRT_Executable_DeserializeAndLoad_Args)
FIELD(deserialize, client, PJRT_Executable_DeserializeAndLoad_Args, client)
FIELD(deserialize, bytes, PJRT_Executable_DeserializeAndLoad_Args, serialized_executable)
FIELD(deserialize, bytes_size, PJRT_Executable_DeserializeAndLoad_Args, serialized_executable_size)
FIELD(deserialize, loaded, PJRT_Executable_DeserializeAndLoad_Args, loaded_executable)
FIELD(deserialize, options, PJRT_Executable_DeserializeAndLoad_Args, overridden_serialized_compile_options)
FIELD(deserialize, options_size, PJRT_Executable_DeserializeAndLoad_Args, overridden_serialized_compile_options_size)
`
