"""address_of.py NAME PORT: the IPv4 address that the DNS server at 127.0.0.1:PORT gives for NAME (RFC 1035)."""
import socket
import struct
import sys

name, port = sys.argv[1], int(sys.argv[2])
question = b"".join(bytes([len(part)]) + part.encode() for part in name.split(".")) + b"\0" + struct.pack(">HH", 1, 1)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
    asked.settimeout(5)
    asked.sendto(struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + question, ("127.0.0.1", port))
    answer = asked.recv(512)
if struct.unpack(">H", answer[6:8])[0] != 1:
    sys.exit(f"expected one answer for {name}")
at = 12 + len(question)
at += 2 if answer[at] >= 0xC0 else answer.index(b"\0", at) + 1 - at  # the name again, as a pointer or written out
print(socket.inet_ntoa(answer[at + 10:at + 14]))
