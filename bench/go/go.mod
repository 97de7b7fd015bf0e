module wallaroo.example/bench

go 1.19

require (
	wallaroo.example/examples v0.0.0
	wallaroo.example/wallaroo v0.0.0
	wallarooapi v0.0.0
)

replace (
	wallaroo.example/examples => ../../examples/go
	wallaroo.example/wallaroo => ../../bindings/go
	wallarooapi => ../../bindings/go2018
)
