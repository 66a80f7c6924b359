// SPDX-License-Identifier: Apache-2.0
#include "source/suspended.hpp"

#include <fcntl.h>

#include "base/fd.hpp"

namespace dmev {

bool is_suspended(DevNum device) {
    const auto path = "/sys/dev/block/" + device.text() + "/dm/suspended";
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    char flag = '0';
    return file && ::read(file.get(), &flag, 1) == 1 && flag == '1';
}

} // namespace dmev
