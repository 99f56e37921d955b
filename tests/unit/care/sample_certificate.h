// A certificate as kubeadm makes one for its API server, self-signed here.
#pragma once

#include <cstdint>

namespace rootcellar::test {

inline constexpr const char* k_certificate =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBvjCCAWSgAwIBAgIUO5zl8/ctlKHzMg3OIFrfrL/EpnIwCgYIKoZIzj0EAwIw\n"
    "GTEXMBUGA1UEAwwOa3ViZS1hcGlzZXJ2ZXIwHhcNMjYxMTI1MTA0ODMyWhcNMjcx\n"
    "MTI1MTA0ODMyWjAZMRcwFQYDVQQDDA5rdWJlLWFwaXNlcnZlcjBZMBMGByqGSM49\n"
    "AgEGCCqGSM49AwEHA0IABOLAgPxA0YiUdK837eV6e7FOIRPjRQBmA2CpFBrzzkkP\n"
    "AnfSfT2N2moa+V81DxYigG8ZB5zw5/zwo0pYgl/QtzGjgYkwgYYwHQYDVR0OBBYE\n"
    "FJk2JnYAs751IAOzi6X3hpgjiLqyMB8GA1UdIwQYMBaAFJk2JnYAs751IAOzi6X3\n"
    "hpgjiLqyMA8GA1UdEwEB/wQFMAMBAf8wMwYDVR0RBCwwKoIQY2x1c3Rlci5pbnRl\n"
    "cm5hbIcECgAAAYcQ/QAAAAAAAAAAAAAAAAAAATAKBggqhkjOPQQDAgNIADBFAiEA\n"
    "5zKVAZLocB9Y3xwALPoz/6/ygFxRDqpbesIgQpWEIDwCIFnZi7rKMoTe38cnhYC5\n"
    "/KrllQufaEMeNpqB20iOfNPB\n"
    "-----END CERTIFICATE-----\n";
inline constexpr std::int64_t k_certificate_end = 1827139712;  ///< 2027-11-25T10:48:32Z

}  // namespace rootcellar::test
