// OpenSSL's BIO refers to name lookup that nothing here ever calls. The linker sends those references here (-Wl,--wrap), so that the
// program holds no resolver and no NSS at all: "opens no connection to anything outside" is a fact of the linker.
//
// fork() leads there too: it locks the NSS database, which brings NSS along. _Fork() does not, and who forks here calls only
// async-signal-safe functions before exec anyway.
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

extern "C" {

int __wrap_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo** result);
void __wrap_freeaddrinfo(addrinfo*);
int __wrap_getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int);
const char* __wrap_gai_strerror(int);
hostent* __wrap_gethostbyname(const char*);
servent* __wrap_getservbyname(const char*, const char*);
pid_t __wrap_fork();

int __wrap_getaddrinfo(const char*, const char*, const addrinfo*, addrinfo** result) {
  *result = nullptr;
  return EAI_FAIL;
}
void __wrap_freeaddrinfo(addrinfo*) {}
int __wrap_getnameinfo(const sockaddr*, socklen_t, char*, socklen_t, char*, socklen_t, int) { return EAI_FAIL; }
const char* __wrap_gai_strerror(int) { return "this program looks up no names"; }
hostent* __wrap_gethostbyname(const char*) { return nullptr; }
servent* __wrap_getservbyname(const char*, const char*) { return nullptr; }
pid_t __wrap_fork() { return _Fork(); }
}
