// SPDX-License-Identifier: Apache-2.0
#include "rules/lane_memory.hpp"

#include <algorithm>

#include "rules/memory.hpp"

namespace dmev {
namespace {

using memory::Json;

constexpr std::uint64_t largest_firing = std::uint64_t{1} << 62; // those after it have room

void put_item(JsonWriter& json, const Item& item) {
    json.begin_object();
    memory::put_event(json, item.event);
    json.member("count", item.count).member("because", item.because).end_object();
}

void put_batch(JsonWriter& json, const char* name, const Batch& batch) {
    json.key(name).begin_array();
    for (const auto& item : batch.items()) put_item(json, item);
    json.end_array();
}

Item item_of(const Json& json) {
    return {memory::event(memory::object(json)), std::max(1U, memory::small(json, "count")),
            memory::text(json, "because")};
}

Batch batch_of(const Json& object, const char* name) {
    Batch out;
    for (const auto* item : memory::list(object, name)) out.add(item_of(*item));
    return out;
}

Lane::Open open_of(const Json& json) {
    Lane::Open out;
    out.firing = memory::number(memory::object(json), "firing", largest_firing);
    out.batch = batch_of(json, "batch");
    out.steps = memory::numbers(json, "steps");
    out.attempt = std::max(1U, memory::small(json, "attempt"));
    out.reminder = memory::small(json, "reminder");
    out.because = memory::text(json, "because");
    out.last = memory::flag(json, "last");
    if (out.firing == 0 || out.batch.empty()) throw memory::Bad{"its run has no number, or no event"};
    return out;
}

Lane::Retry retry_of(const Json& json) {
    Lane::Retry out;
    out.batch = batch_of(memory::object(json), "batch");
    out.steps = memory::numbers(json, "steps");
    out.attempt = std::max(2U, memory::small(json, "attempt"));
    out.reminder = memory::small(json, "reminder");
    out.at = memory::time(json, "at");
    if (out.batch.empty()) throw memory::Bad{"what is to be tried again has no event"};
    return out;
}

Lane lane_of(const Json& json) {
    Lane out;
    for (const auto* window : memory::list(json, "windows")) {
        auto item = item_of(*window);
        const auto subject = subject_of(item.event);
        out.windows.insert_or_assign(subject, Lane::Window{memory::time(*window, "since"), std::move(item)});
    }
    out.waiting = batch_of(json, "waiting");
    if (const auto* open = memory::find(json, "open")) out.open = open_of(*open);
    if (const auto* retry = memory::find(json, "retry")) out.retry = retry_of(*retry);
    if (memory::find(json, "last_start")) out.last_start = memory::time(json, "last_start");
    for (const auto* start : memory::list(json, "starts")) out.starts.push_back(memory::time(*start));
    std::sort(out.starts.begin(), out.starts.end());
    if (const auto* suspended = memory::find(json, "suspended"))
        out.suspended = memory::event(memory::object(*suspended));
    out.told = batch_of(json, "told");
    out.reminders = memory::small(json, "reminders");
    if (memory::find(json, "remind_at")) out.remind_at = memory::time(json, "remind_at");
    return out;
}

} // namespace

std::string write_lane(const Lane& lane, std::string_view settings) {
    std::string line;
    JsonWriter json{line};
    json.begin_object().member("settings", settings).key("windows").begin_array();
    for (const auto& [subject, window] : lane.windows) {
        json.begin_object();
        memory::put_event(json, window.item.event);
        json.member("count", window.item.count).member("because", window.item.because);
        memory::put_time(json, "since", window.since);
        json.end_object();
    }
    put_batch(json.end_array(), "waiting", lane.waiting);
    if (const auto& open = lane.open) {
        json.key("open").begin_object().member("firing", open->firing);
        put_batch(json, "batch", open->batch);
        memory::put_numbers(json, "steps", open->steps);
        json.member("attempt", open->attempt).member("reminder", open->reminder);
        json.member("because", open->because).member("last", open->last).end_object();
    }
    if (const auto& retry = lane.retry) {
        put_batch(json.key("retry").begin_object(), "batch", retry->batch);
        memory::put_numbers(json, "steps", retry->steps);
        json.member("attempt", retry->attempt).member("reminder", retry->reminder);
        memory::put_time(json, "at", retry->at);
        json.end_object();
    }
    if (lane.last_start) memory::put_time(json, "last_start", *lane.last_start);
    json.key("starts").begin_array();
    for (const auto start : lane.starts) json.value(std::int64_t{start.time_since_epoch().count()});
    json.end_array();
    if (lane.suspended) {
        memory::put_event(json.key("suspended").begin_object(), *lane.suspended);
        json.end_object();
    }
    put_batch(json, "told", lane.told);
    json.member("reminders", lane.reminders);
    if (lane.remind_at) memory::put_time(json, "remind_at", *lane.remind_at);
    json.end_object();
    return line;
}

Result<RememberedLane> read_lane(std::string_view text) {
    try {
        const auto document = memory::parse(text);
        return RememberedLane{memory::text(document, "settings"), lane_of(document)};
    } catch (const memory::Bad& bad) {
        return Error{ErrorKind::failed, "cannot take over", "", bad.why, {}};
    }
}

} // namespace dmev
