#include "cli/commands.h"

int main(int argc, char** argv) { return wallaroo::cli::run(argc, argv); }
