// For docs/guide/messages-and-state.md.
struct Sale {
  uint32_t shop = 0;
  std::string article;
  int64_t pieces = 1;
};

struct Given : GivenApplication {
  const wl::Stream<Sale> sales = stream_of<Sale>("sales");
};
