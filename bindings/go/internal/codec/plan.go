package codec

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unsafe"
)

// node is the plan of a type: what to do, in order, with the memory of a value. It does not change
// once it is made.
type node struct {
	typ         reflect.Type
	description string
	// min is the fewest bytes that a value takes. It is 0 only where no value takes any.
	min uint64
	// reuses says whether decoding keeps memory that the value refers to.
	reuses bool
	ops    []op
}

// op is a step of a plan. Structs are flattened into the plan they are in, and numbers that lie side
// by side in memory as they do in the format are one step.
type op struct {
	kind   opKind
	offset uintptr // in the value that the plan is for
	size   uintptr // of the memory of a number, of a run of numbers, or of an element
	more   *details
}

// details are apart from op so that those of numbers and strings, which need none, stay close.
type details struct {
	where string // the part of the outermost type, for errors
	count int    // of an array
	typ   reflect.Type
	zero  reflect.Value // of typ, for steps that clear
	elem  *node         // of pointers, arrays, slices and maps
	maps  *mapDetails
}

type opKind uint8

const (
	opByte opKind = iota
	opHalf        // 2 bytes
	opQuarter
	opWord
	opRun // of numbers, `size` bytes
	opText
	opBool
	opBytes
	opInt  // int where it has 32 bits
	opUint // uint and uintptr, likewise
	opTime
	opPointer
	opArray
	opNumbers // a slice of elements that lie in memory as they do in the format
	opSlice
	opMap
	opCustom
	opLeftOut
)

// littleEndian says whether numbers lie in memory as they do in the format.
var littleEndian = func() bool {
	one := uint16(1)
	return *(*byte)(unsafe.Pointer(&one)) == 1
}()

var (
	byteType        = reflect.TypeOf(byte(0))
	durationType    = reflect.TypeOf(time.Duration(0))
	timeType        = reflect.TypeOf(time.Time{})
	marshalerType   = reflect.TypeOf((*encoding.BinaryMarshaler)(nil)).Elem()
	unmarshalerType = reflect.TypeOf((*encoding.BinaryUnmarshaler)(nil)).Elem()
)

const durationDescription = "duration 1/1000000000(i64)"

// compiler makes the plan of one type.
type compiler struct {
	around []reflect.Type // the types that the current one is a part of
}

func compile(typ reflect.Type) (*node, error) {
	return (&compiler{}).compile(typ, typ.String())
}

// compile makes the plan of the part `where` of the outermost type.
func (c *compiler) compile(typ reflect.Type, where string) (*node, error) {
	for _, outer := range c.around {
		if outer == typ {
			return nil, c.refuse(typ, where, "a type that contains itself has no finite description")
		}
	}
	c.around = append(c.around, typ)
	defer func() { c.around = c.around[:len(c.around)-1] }()

	more := &details{where: where, typ: typ}
	switch {
	case typ == timeType:
		return single(typ, "time("+durationDescription+")", 8, op{kind: opTime, more: more}), nil
	case isCustom(typ):
		more.zero = reflect.Zero(typ)
		return single(typ, "custom "+typ.String(), 4, op{kind: opCustom, more: more}), nil
	}
	if kind, description := numberOf(typ); description != "" {
		bytes := uint64(typ.Size())
		if kind == opInt || kind == opUint {
			bytes = 8
		}
		return single(typ, description, bytes, op{kind: kind, size: typ.Size(), more: more}), nil
	}
	switch typ.Kind() {
	case reflect.Bool:
		return single(typ, "bool", 1, op{kind: opBool, size: 1, more: more}), nil
	case reflect.String:
		return single(typ, "string", 4, op{kind: opText, more: more}), nil
	case reflect.Pointer:
		return c.pointer(more)
	case reflect.Array:
		return c.array(more)
	case reflect.Slice:
		return c.slice(more)
	case reflect.Map:
		return c.mapping(more)
	case reflect.Struct:
		return c.structure(typ, where)
	case reflect.Interface:
		return nil, c.refuse(typ, where, "an interface does not say what type to read back")
	case reflect.Complex64, reflect.Complex128:
		return nil, c.refuse(typ, where, "the format has no complex numbers")
	default:
		return nil, c.refuse(typ, where, "what it refers to exists in this process only")
	}
}

func single(typ reflect.Type, description string, min uint64, step op) *node {
	return &node{typ: typ, description: description, min: min, ops: []op{step},
		reuses: step.kind == opBytes || step.kind == opNumbers || step.kind == opSlice || step.kind == opMap}
}

// numberOf gives the step for a number and its description, or none if typ is no number.
func numberOf(typ reflect.Type) (opKind, string) {
	letter := byte('i')
	switch typ.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		letter = 'u'
	case reflect.Float32, reflect.Float64:
		letter = 'f'
	default:
		return 0, ""
	}
	if typ == durationType {
		return opWord, durationDescription
	}
	switch typ.Kind() {
	case reflect.Int:
		if typ.Size() == 4 {
			return opInt, "i64"
		}
	case reflect.Uint, reflect.Uintptr:
		if typ.Size() == 4 {
			return opUint, "u64"
		}
	}
	kind := map[uintptr]opKind{1: opByte, 2: opHalf, 4: opQuarter, 8: opWord}[typ.Size()]
	return kind, string(letter) + strconv.Itoa(int(typ.Size())*8)
}

// isCustom says whether values of typ write and read themselves. A struct that may have the methods
// by embedding does not.
func isCustom(typ reflect.Type) bool {
	pointer := reflect.PointerTo(typ)
	if typ.Kind() == reflect.Interface || !pointer.Implements(marshalerType) ||
		!pointer.Implements(unmarshalerType) {
		return false
	}
	if typ.Kind() != reflect.Struct {
		return true
	}
	for i := 0; i < typ.NumField(); i++ {
		field := typ.Field(i)
		if !field.Anonymous {
			continue
		}
		for _, embedded := range []reflect.Type{field.Type, reflect.PointerTo(field.Type)} {
			if embedded.Implements(marshalerType) || embedded.Implements(unmarshalerType) {
				return false
			}
		}
	}
	return true
}

func (c *compiler) pointer(more *details) (*node, error) {
	elem, err := c.compile(more.typ.Elem(), more.where)
	if err != nil {
		return nil, err
	}
	more.elem = elem
	return single(more.typ, "optional("+elem.description+")", 1, op{kind: opPointer, more: more}), nil
}

func (c *compiler) array(more *details) (*node, error) {
	elem, err := c.compile(more.typ.Elem(), more.where+"[]")
	if err != nil {
		return nil, err
	}
	more.elem, more.count = elem, more.typ.Len()
	description := fmt.Sprintf("array %d(%s)", more.count, elem.description)
	made := &node{typ: more.typ, description: description, min: times(elem.min, uint64(more.count)),
		reuses: elem.reuses}
	switch {
	case more.count == 0 || len(elem.ops) == 0:
	case elem.isFlat():
		made.ops = []op{{kind: opRun, size: more.typ.Size(), more: more}}
	default:
		made.ops = []op{{kind: opArray, size: elem.typ.Size(), more: more}}
	}
	return made, nil
}

func (c *compiler) slice(more *details) (*node, error) {
	if more.typ.Elem() == byteType {
		return single(more.typ, "string", 4, op{kind: opBytes, more: more}), nil
	}
	elem, err := c.compile(more.typ.Elem(), more.where+"[]")
	if err != nil {
		return nil, err
	}
	if elem.min == 0 {
		return nil, c.refuse(more.typ, more.where,
			"its elements take no bytes, so a length could not be checked")
	}
	more.elem = elem
	step := op{kind: opSlice, size: elem.typ.Size(), more: more}
	if elem.isFlat() {
		step.kind = opNumbers
	}
	return single(more.typ, "list("+elem.description+")", 4, step), nil
}

func (c *compiler) mapping(more *details) (*node, error) {
	key, err := c.compile(more.typ.Key(), more.where+"[key]")
	if err != nil {
		return nil, err
	}
	if holdsPointer(more.typ.Key()) {
		return nil, c.refuse(more.typ, more.where,
			"a pointer in a key is another one when it is read back, so that nothing finds it")
	}
	elem, err := c.compile(more.typ.Elem(), more.where+"[]")
	if err != nil {
		return nil, err
	}
	if key.min == 0 && elem.min == 0 {
		return nil, c.refuse(more.typ, more.where,
			"its elements take no bytes, so a length could not be checked")
	}
	description := "map(" + key.description + "," + elem.description + ")"
	if elem.description == "struct()" && elem.typ.NumField() == 0 {
		description = "list(" + key.description + ")"
	}
	more.elem, more.maps = elem, newMapDetails(key, elem)
	return single(more.typ, description, 4, op{kind: opMap, more: more}), nil
}

// holdsPointer says whether equality of keys of typ is that of pointers. Custom types are trusted to
// read back keys that are equal.
func holdsPointer(typ reflect.Type) bool {
	switch {
	case typ == timeType || isCustom(typ):
		return false
	case typ.Kind() == reflect.Array:
		return holdsPointer(typ.Elem())
	case typ.Kind() == reflect.Struct:
		for i := 0; i < typ.NumField(); i++ {
			if isEncoded(typ.Field(i)) && holdsPointer(typ.Field(i).Type) {
				return true
			}
		}
	}
	return typ.Kind() == reflect.Pointer
}

// isEncoded says whether a field is neither left out nor without a value.
func isEncoded(field reflect.StructField) bool {
	return field.Name != "_" && field.Tag.Get("wallaroo") != "-"
}

func (c *compiler) structure(typ reflect.Type, where string) (*node, error) {
	made := &node{typ: typ}
	var parts []string
	for i := 0; i < typ.NumField(); i++ {
		field := typ.Field(i)
		if field.Name == "_" {
			continue // it has no value that could be lost
		}
		part := where + "." + field.Name
		tag, tagged := field.Tag.Lookup("wallaroo")
		if tagged && tag != "-" {
			return nil, fmt.Errorf("cannot encode %s: its tag wallaroo:%q means nothing; "+
				"the only one is wallaroo:\"-\", which leaves a field out", part, tag)
		}
		if tagged {
			more := &details{where: part, typ: field.Type, zero: reflect.Zero(field.Type)}
			made.ops = append(made.ops, op{kind: opLeftOut, offset: field.Offset, more: more})
			continue
		}
		if !field.IsExported() {
			return nil, fmt.Errorf("cannot encode %s: it is an unexported field of %s, whose value "+
				"would be lost; export it, leave it out with the tag `wallaroo:\"-\"`, give %s "+
				"%s, or pass a wallaroo.Codec", part, typ, typ, missingMethods(typ))
		}
		elem, err := c.compile(field.Type, part)
		if err != nil {
			return nil, err
		}
		parts = append(parts, elem.description)
		made.min = plus(made.min, elem.min)
		made.reuses = made.reuses || elem.reuses
		for _, step := range elem.ops {
			step.offset += field.Offset
			made.add(step)
		}
	}
	made.description = "struct(" + strings.Join(parts, ",") + ")"
	return made, nil
}

// add puts a step behind the others, or makes the last one longer.
func (n *node) add(step op) {
	if last := len(n.ops) - 1; last >= 0 && littleEndian && n.ops[last].isNumbers() &&
		step.isNumbers() && n.ops[last].offset+n.ops[last].size == step.offset {
		n.ops[last].kind = opRun
		n.ops[last].size += step.size
		return
	}
	n.ops = append(n.ops, step)
}

// isNumbers says whether the memory of a step is what is written, and anything can be read.
func (o *op) isNumbers() bool { return o.kind <= opRun }

// isFlat says whether a value is in memory what it is in the format, without padding.
func (n *node) isFlat() bool {
	return littleEndian && len(n.ops) == 1 && n.ops[0].isNumbers() && n.ops[0].size == n.typ.Size()
}

// missingMethods are what typ needs to write and read itself.
func missingMethods(typ reflect.Type) string {
	pointer := reflect.PointerTo(typ)
	switch marshals, unmarshals := pointer.Implements(marshalerType), pointer.Implements(unmarshalerType); {
	case marshals && !unmarshals:
		return "UnmarshalBinary, which it lacks beside MarshalBinary"
	case unmarshals && !marshals:
		return "MarshalBinary, which it lacks beside UnmarshalBinary"
	}
	return "MarshalBinary and UnmarshalBinary"
}

func (c *compiler) refuse(typ reflect.Type, where, why string) error {
	remedy := "give it " + missingMethods(typ) + ", or pass a wallaroo.Codec"
	for i := len(c.around) - 1; i >= 0; i-- {
		if c.around[i].Kind() == reflect.Struct && c.around[i] != typ {
			remedy = fmt.Sprintf("give it or %s, which it is a part of, %s, or pass a "+
				"wallaroo.Codec", c.around[i], missingMethods(c.around[i]))
			break
		}
	}
	part := where
	if where != typ.String() {
		part += " of type " + typ.String()
	}
	return fmt.Errorf("cannot encode %s: %s; %s", part, why, remedy)
}

func times(a, b uint64) uint64 {
	if b != 0 && a > math.MaxUint64/b {
		return math.MaxUint64
	}
	return a * b
}

func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
