package codec

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"reflect"
	"sort"
	"sync"
	"unsafe"
)

// mapDetails is what the step of a map needs besides.
type mapDetails struct {
	key       *node
	keyZero   reflect.Value
	valueZero reflect.Value
	scratch   sync.Pool // of *mapScratch
}

// mapScratch is what going over a map needs. It is kept between maps, so that only the first ones
// allocate.
type mapScratch struct {
	iter    reflect.MapIter
	key     reflect.Value
	value   reflect.Value
	bytes   []byte
	entries []mapEntry
}

// mapEntry is where the bytes of a key and a value lie in those of the scratch.
type mapEntry struct{ start, middle, end int }

func newMapDetails(key, elem *node) *mapDetails {
	made := &mapDetails{key: key, keyZero: reflect.Zero(key.typ), valueZero: reflect.Zero(elem.typ)}
	made.scratch.New = func() any {
		return &mapScratch{key: reflect.New(key.typ).Elem(), value: reflect.New(elem.typ).Elem()}
	}
	return made
}

// keep gives the scratch back, without what it refers to.
func (m *mapDetails) keep(scratch *mapScratch) {
	scratch.iter.Reset(reflect.Value{})
	scratch.key.Set(m.keyZero)
	scratch.value.Set(m.valueZero)
	m.scratch.Put(scratch)
}

func (s *mapScratch) keyOf(i int) []byte {
	return s.bytes[s.entries[i].start:s.entries[i].middle]
}

// Len, Less and Swap sort the entries by the bytes of their keys.
func (s *mapScratch) Len() int           { return len(s.entries) }
func (s *mapScratch) Less(i, j int) bool { return bytes.Compare(s.keyOf(i), s.keyOf(j)) < 0 }
func (s *mapScratch) Swap(i, j int)      { s.entries[i], s.entries[j] = s.entries[j], s.entries[i] }

func (o *op) appendMap(out []byte, from unsafe.Pointer) ([]byte, error) {
	value := reflect.NewAt(o.more.typ, from).Elem()
	if tooLong(value.Len()) {
		return nil, o.lengthTooLarge(value.Len())
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(value.Len()))
	if value.Len() == 0 {
		return out, nil
	}
	scratch := o.more.maps.scratch.Get().(*mapScratch)
	defer o.more.maps.keep(scratch)
	if err := o.collect(value, scratch); err != nil {
		return nil, err
	}
	sort.Sort(scratch)
	for i, entry := range scratch.entries {
		if i > 0 && bytes.Equal(scratch.keyOf(i-1), scratch.keyOf(i)) {
			return nil, fmt.Errorf("cannot write %s: %w", o.more.where, errSameKey)
		}
		out = append(out, scratch.bytes[entry.start:entry.end]...)
	}
	return out, nil
}

// collect writes the entries of a map into the scratch, in any order.
func (o *op) collect(value reflect.Value, scratch *mapScratch) (err error) {
	key, mapped := scratch.key.Addr().UnsafePointer(), scratch.value.Addr().UnsafePointer()
	scratch.bytes, scratch.entries = scratch.bytes[:0], scratch.entries[:0]
	buffer := scratch.bytes
	for scratch.iter.Reset(value); scratch.iter.Next(); {
		entry := mapEntry{start: len(buffer)}
		scratch.key.SetIterKey(&scratch.iter)
		if buffer, err = appendOps(buffer, o.more.maps.key.ops, key); err != nil {
			return err
		}
		entry.middle = len(buffer)
		scratch.value.SetIterValue(&scratch.iter)
		if buffer, err = appendOps(buffer, o.more.elem.ops, mapped); err != nil {
			return err
		}
		entry.end = len(buffer)
		scratch.entries = append(scratch.entries, entry)
	}
	scratch.bytes = buffer
	return nil
}

func (o *op) decodeMap(in []byte, to unsafe.Pointer) ([]byte, error) {
	maps, elem := o.more.maps, o.more.elem
	length, in, err := o.length(in, plus(maps.key.min, elem.min))
	if err != nil {
		return nil, err
	}
	scratch := maps.scratch.Get().(*mapScratch)
	defer maps.keep(scratch)
	value := reflect.NewAt(o.more.typ, to).Elem()
	if !empty(value, scratch) {
		size := maps.key.typ.Size() + elem.typ.Size()
		value.Set(reflect.MakeMapWithSize(o.more.typ, roomFor(length, len(in), size)))
	}
	key, mapped := scratch.key.Addr().UnsafePointer(), scratch.value.Addr().UnsafePointer()
	for i := 0; i < length; i++ {
		// What was read before is in the map now and must not be filled again.
		scratch.key.Set(maps.keyZero)
		scratch.value.Set(maps.valueZero)
		if in, err = decodeOps(in, maps.key.ops, key); err != nil {
			return nil, err
		}
		if in, err = decodeOps(in, elem.ops, mapped); err != nil {
			return nil, err
		}
		value.SetMapIndex(scratch.key, scratch.value)
	}
	if value.Len() != length {
		return nil, fmt.Errorf("cannot read %s: only %d of its %d keys differ",
			o.more.where, value.Len(), length)
	}
	return in, nil
}

// empty takes all entries out of a map. False when that leaves no map to fill.
func empty(value reflect.Value, scratch *mapScratch) bool {
	if value.IsNil() {
		return false
	}
	for scratch.iter.Reset(value); scratch.iter.Next(); {
		scratch.key.SetIterKey(&scratch.iter)
		value.SetMapIndex(scratch.key, reflect.Value{})
	}
	return value.Len() == 0 // a NaN cannot be taken out
}
