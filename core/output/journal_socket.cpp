// SPDX-License-Identifier: Apache-2.0
#include "output/journal_socket.hpp"

#include <endian.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "base/io.hpp"

namespace dmev {
namespace {

constexpr int room = 8 << 20; // for a large entry, in the socket: asked for, and less is fine
constexpr unsigned sealed = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
}

void append_size(std::string& to, std::size_t size) {
    const std::uint64_t little = htole64(size);
    to.append(reinterpret_cast<const char*>(&little), sizeof little);
}

} // namespace

std::string journal_entry(std::span<const std::string> fields) {
    std::string entry;
    for (const auto& field : fields) {
        const auto name = field.find('=');
        if (name == field.npos || field.find('\n') == field.npos) {
            entry += field;
        } else { // else what follows the line would be a field of its own
            entry.append(field, 0, name) += '\n';
            append_size(entry, field.size() - name - 1);
            entry.append(field, name + 1);
        }
        entry += '\n';
    }
    return entry;
}

JournalSocket::JournalSocket(std::string path)
    : path_(std::move(path)), socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (socket_) setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
}

bool JournalSocket::is_there() const { return access(path_.c_str(), W_OK) == 0; }

// To the address each time: a journal that was started anew is another at the same path.
bool JournalSocket::send(std::span<const std::string> fields) const {
    const auto entry = journal_entry(fields);
    const auto address = address_of(path_);
    const auto sent = uninterrupted([&] {
        return sendto(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL,
                      reinterpret_cast<const sockaddr*>(&address), sizeof address);
    });
    return sent >= 0 || ((errno == EMSGSIZE || errno == ENOBUFS) && send_file(entry));
}

// A datagram of nothing but a descriptor, of what nobody can change any more.
bool JournalSocket::send_file(const std::string& entry) const {
    const Fd file{memfd_create("dmevent-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    if (!file || !write_whole(file.get(), entry) || fcntl(file.get(), F_ADD_SEALS, sealed) < 0) return false;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    auto address = address_of(path_);
    msghdr message{};
    message.msg_name = &address;
    message.msg_namelen = sizeof address;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    auto* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = file.get();
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return uninterrupted([&] { return sendmsg(socket_.get(), &message, MSG_NOSIGNAL); }) >= 0;
}

} // namespace dmev
