// For docs/guide/connectors.md.
constexpr auto decode = [](std::string_view message) { return message.substr(3); };

using Given = GivenApplication;
