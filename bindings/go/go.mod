module wallaroo.example/wallaroo

go 1.19
