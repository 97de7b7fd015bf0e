package wallarooapi

import "sync"

// What a component is, as AddComponent takes it.
const (
	DataTypeId               = 0
	ComputationTypeId        = 1
	ComputationBuilderTypeId = 2
	StateComputationTypeId   = 3
	PartitionFunctionTypeId  = 4
	PartitionListTypeId      = 5
	EncoderTypeId            = 6
	DecoderTypeId            = 7
	StateTypeId              = 8
	StateBuilderTypeId       = 9
	LastTypeId               = 10
)

// A ComponentDict keeps components under numbers. The engine of today does not need it; programs
// may.
type ComponentDict struct {
	mutex      sync.Mutex
	components map[uint64]interface{}
	next       uint64
}

// NewComponentDict returns an empty one; numbers begin with 1.
func NewComponentDict() *ComponentDict {
	return &ComponentDict{components: map[uint64]interface{}{}, next: 1}
}

// Add keeps a component and returns its number.
func (d *ComponentDict) Add(component interface{}) uint64 {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	number := d.next
	d.next++
	d.components[number] = component
	return number
}

// Get returns a component, or nil.
func (d *ComponentDict) Get(number uint64) interface{} {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	return d.components[number]
}

// Remove forgets a component.
func (d *ComponentDict) Remove(number uint64) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	delete(d.components, number)
}

var dicts = func() (all [LastTypeId]*ComponentDict) {
	for i := range all {
		all[i] = NewComponentDict()
	}
	return all
}()

// AddComponent keeps a component of a kind and returns its number, which counts from 1 in each kind.
func AddComponent(component interface{}, typeId uint64) uint64 { return dicts[typeId].Add(component) }

// GetComponent returns what AddComponent kept.
func GetComponent(number uint64, typeId uint64) interface{} { return dicts[typeId].Get(number) }

// RemoveComponent forgets it.
func RemoveComponent(number uint64, typeId uint64) { dicts[typeId].Remove(number) }

// A SerializedDict keeps bytes under numbers.
type SerializedDict struct{ dict *ComponentDict }

// NewSerializedDict returns an empty one.
func NewSerializedDict() *SerializedDict { return &SerializedDict{NewComponentDict()} }

// Add keeps bytes and returns their number.
func (d *SerializedDict) Add(bytes []byte) uint64 { return d.dict.Add(bytes) }

// Get returns bytes, or nil.
func (d *SerializedDict) Get(number uint64) []byte {
	bytes, _ := d.dict.Get(number).([]byte)
	return bytes
}

// Remove forgets bytes.
func (d *SerializedDict) Remove(number uint64) { d.dict.Remove(number) }

var serialized = func() (all [LastTypeId]*SerializedDict) {
	for i := range all {
		all[i] = NewSerializedDict()
	}
	return all
}()

// RemoveSerialized forgets the bytes of a component.
func RemoveSerialized(number uint64, typeId uint64) { serialized[typeId].Remove(number) }
