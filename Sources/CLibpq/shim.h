#include <libpq-fe.h>
// A connection's thread needs these parts of the C library, which Swift's Glibc module leaves out.
#include <pthread.h>
#include <sys/eventfd.h>
extern int pthread_setname_np(pthread_t thread, const char *name);
extern int memfd_create(const char *name, unsigned int flags);
