// SPDX-License-Identifier: Apache-2.0
#include "source/device_list.hpp"

#include <linux/dm-ioctl.h>
#include <sys/sysmacros.h>

#include <cstddef>
#include <cstring>
#include <utility>

namespace dmev {
namespace {

template <class T>
T load(const char* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint64_t dev_of(const char* record) { return load<std::uint64_t>(record + offsetof(dm_name_list, dev)); }

ListedDevice parse(const char* record, bool flags) {
    ListedDevice device;
    device.number = {major(dev_of(record)), minor(dev_of(record))};
    device.name = record + offsetof(dm_name_list, name);
    // The tail: event number and flags, then perhaps the uuid.
    const auto after_name = offsetof(dm_name_list, name) + device.name.size() + 1;
    const char* tail = record + (after_name + 7) / 8 * 8;
    device.event_nr = load<std::uint32_t>(tail);
    if (!flags) return device;
    const auto bits = load<std::uint32_t>(tail + 4);
    if (bits & DM_NAME_LIST_FLAG_HAS_UUID)
        device.uuid = tail + 8;
    else if (bits & DM_NAME_LIST_FLAG_DOESNT_HAVE_UUID)
        device.uuid.emplace();
    return device;
}

} // namespace

void DeviceList::begin() {
    changed_.clear();
    same_numbers_ = !std::exchange(forgotten_, false);
}

void DeviceList::put(std::size_t place, ListedDevice device) {
    if (same_numbers_ && place < devices_.size() && devices_[place].number == device.number) {
        if (devices_[place] == device) return;
        changed_.push_back(place);
        devices_[place] = std::move(device);
        return;
    }
    same_numbers_ = false;
    devices_.resize(place);
    devices_.push_back(std::move(device));
}

void DeviceList::end(std::size_t count) {
    if (count == devices_.size()) return;
    same_numbers_ = false;
    devices_.resize(count);
}

void DeviceList::take(std::string_view bytes, bool flags) {
    begin();
    std::size_t count = 0;
    // An empty list is one empty record, whose size does not count.
    for (std::size_t at = 0; at < bytes.size() && dev_of(bytes.data() + at) != 0; ++count) {
        const char* record = bytes.data() + at;
        const auto next = load<std::uint32_t>(record + offsetof(dm_name_list, next));
        const auto rest = bytes.size() - at, size = next != 0 ? std::size_t{next} : rest;
        const bool as_it_was = same_numbers_ && count < devices_.size() && at < bytes_.size() &&
                               (next != 0 || bytes_.size() - at == rest) &&
                               std::string_view{bytes_}.substr(at, size) == bytes.substr(at, size);
        if (!as_it_was) put(count, parse(record, flags));
        at += size;
    }
    end(count);
    bytes_.assign(bytes);
}

void DeviceList::take(const std::vector<ListedDevice>& devices) {
    begin();
    for (std::size_t place = 0; place < devices.size(); ++place) put(place, devices[place]);
    end(devices.size());
}

} // namespace dmev
