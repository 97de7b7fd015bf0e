module wallarooapi

go 1.19

require wallaroo.example/wallaroo v0.0.0

replace wallaroo.example/wallaroo => ../go
