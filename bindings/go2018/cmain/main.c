/* The main of a program of 2018 that is built as a C archive:
 *
 *   go build -buildmode=c-archive -o app.a
 *   cc -o app main.c app.a $(pkg-config --libs wallaroo-c)
 *
 * The engine's threads are those of Go, so it is as fast as one built by `wallaroo go build`. */
extern char* ApplicationSetup(void);
extern int WallarooApiMain(int count, char** words, void* setup);

int main(int argc, char** argv) { return WallarooApiMain(argc, argv, (void*)ApplicationSetup); }
