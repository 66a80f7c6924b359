/* SPDX-License-Identifier: Apache-2.0
 * The "striped" target in plain C: which of its devices gave an error.
 *
 * Status: <stripes> <device>... 1 <one letter for each stripe: A alive, D had an error>
 * A letter stays D until the table is loaded again.
 * Hook: striped.probe reads from the device that is named. */
#include <dmevent/plugin.h>
#include <string.h>

struct words {
    const char *at, *end;
};

/* The next word; empty when there is none. */
static struct dmevent_str next_word(struct words* line) {
    while (line->at < line->end && *line->at == ' ') line->at++;
    const char* begin = line->at;
    while (line->at < line->end && *line->at != ' ') line->at++;
    return (struct dmevent_str){begin, (size_t)(line->at - begin)};
}

/* 0: no number, or more stripes than a line could hold. */
static uint32_t small_number(struct dmevent_str word) {
    uint32_t n = 0;
    if (word.size > 6) return 0;
    for (size_t i = 0; i < word.size; i++) {
        if (word.data[i] < '0' || word.data[i] > '9') return 0;
        n = n * 10 + (uint32_t)(word.data[i] - '0');
    }
    return n;
}

static struct dmevent_str decimal(uint32_t n, char buffer[12]) {
    char* at = buffer + 12;
    do *--at = (char)('0' + n % 10);
    while (n /= 10);
    return (struct dmevent_str){at, (size_t)(buffer + 12 - at)};
}

static enum dmevent_result unknown(const struct dmevent_say* say, const char* why) {
    say->because(say, (struct dmevent_str){why, strlen(why)});
    return DMEVENT_UNKNOWN;
}

static void say_number(const struct dmevent_say* say, const char* name, uint32_t value) {
    struct dmevent_field field = {{name, strlen(name)}, DMEVENT_UINT, 0, {.u = value}};
    say->field(say, &field);
}

enum { DEVICE_FAILED };

static enum dmevent_result look(const struct dmevent_target* before, const struct dmevent_target* now,
                                const struct dmevent_say* say) {
    (void)before;
    struct words line = {now->status.data, now->status.data + now->status.size};
    const uint32_t stripes = small_number(next_word(&line));
    if (stripes == 0) return unknown(say, "no number of stripes");
    struct words devices = line;
    for (uint32_t i = 0; i < stripes; i++)
        if (next_word(&line).size == 0) return unknown(say, "fewer devices than stripes");
    if (small_number(next_word(&line)) != 1) return unknown(say, "not one group of letters");
    const struct dmevent_str health = next_word(&line);
    if (health.size != stripes) return unknown(say, "not one letter for each stripe");
    if (next_word(&line).size != 0) return unknown(say, "words after the letters");

    uint32_t failed = 0;
    for (uint32_t i = 0; i < stripes; i++) {
        char buffer[12];
        const char letter = health.data[i];
        const struct dmevent_field path = {{"path", 4}, DMEVENT_TEXT, 0, {.text = next_word(&devices)}};
        if (letter != 'A' && letter != 'D') return unknown(say, "a letter that is neither A nor D");
        failed += letter == 'D';
        say->condition(say, DEVICE_FAILED, decimal(i, buffer), letter == 'D' ? DMEVENT_YES : DMEVENT_NO,
                       &path, 1);
    }
    say_number(say, "stripes", stripes);
    say_number(say, "failed", failed);
    return DMEVENT_OK;
}

/* The text FIELD of what was raised; empty when it is not there. */
static struct dmevent_str text_field(const struct dmevent_event* event, const char* name) {
    for (size_t i = 0; i < event->n_fields; i++) {
        const struct dmevent_field* field = &event->fields[i];
        if (field->kind == DMEVENT_TEXT && field->name.size == strlen(name) &&
            memcmp(field->name.data, name, field->name.size) == 0)
            return field->v.text;
    }
    return (struct dmevent_str){"", 0};
}

static void arg(const struct dmevent_plan* plan, const char* before, struct dmevent_str text) {
    char buffer[64];
    const size_t n = strlen(before);
    memcpy(buffer, before, n);
    memcpy(buffer + n, text.data, text.size);
    plan->arg(plan, (struct dmevent_str){buffer, n + text.size});
}

enum { PROBE };
enum { MEGABYTES };

/* Reading changes nothing, so the plan needs no lock of its own, may be killed, and promises nothing. */
static enum dmevent_result plan(uint32_t hook, const struct dmevent_event* event,
                                const struct dmevent_field* args, size_t n, const struct dmevent_plan* plan) {
    (void)hook; /* there is one */
    const struct dmevent_str path = text_field(event, "path"), none = {"", 0};
    char buffer[12];
    if (path.size == 0 || path.size > 24) {
        plan->because(plan, (struct dmevent_str){"the event names no device", 25});
        return DMEVENT_REFUSED;
    }
    arg(plan, "/bin/dd", none);
    arg(plan, "if=/dev/block/", path);
    arg(plan, "of=/dev/null", none);
    arg(plan, "bs=1M", none);
    arg(plan, "iflag=direct", none);
    arg(plan, "count=", decimal(n > 0 ? (uint32_t)args[0].v.u : 1, buffer)); /* the one parameter */
    return DMEVENT_OK;
}

static const struct dmevent_param probe_params[] = {
    [MEGABYTES] = {"megabytes", DMEVENT_UINT, 0, "how much to read; 1 by default"},
};
static const struct dmevent_hook hooks[] = {
    [PROBE] = {"striped.probe", "reads from the device that had an error, to see whether it still does",
               probe_params, 1, NULL, NULL},
};
static const struct dmevent_claim claims[] = {{"striped", 0}};
static const struct dmevent_type types[] = {
    [DEVICE_FAILED] = {"striped.device_failed", NULL, DMEVENT_ERROR, DMEVENT_CONDITION, 0, NULL,
                       "{device}: stripe {key} ({path}) had an error",
                       "a device of a stripe set had an error",
                       "What was on it is lost if the device is; there is no second copy."},
};

DMEVENT_EXPORT const struct dmevent_plugin dmevent_plugin_entry = {
    .abi = DMEVENT_ABI,
    .size = sizeof(struct dmevent_plugin),
    .claim_size = sizeof(struct dmevent_claim),
    .type_size = sizeof(struct dmevent_type),
    .gauge_size = sizeof(struct dmevent_gauge),
    .hook_size = sizeof(struct dmevent_hook),
    .param_size = sizeof(struct dmevent_param),
    .name = "striped",
    .version = "1",
    .claims = claims,
    .n_claims = 1,
    .types = types,
    .n_types = sizeof types / sizeof types[0],
    .hooks = hooks,
    .n_hooks = sizeof hooks / sizeof hooks[0],
    .look = look,
    .plan = plan,
};
