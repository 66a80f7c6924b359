// SPDX-License-Identifier: Apache-2.0
// What the readers need of libdevmapper. Included by .cpp files alone.
#pragma once
#include <libdevmapper.h>

#include <memory>

namespace dmev {

struct DmTaskDeleter {
    void operator()(dm_task* task) const { dm_task_destroy(task); }
};
using DmTask = std::unique_ptr<dm_task, DmTaskDeleter>;

// Once per process: libdevmapper prints nothing by itself, takes names as the kernel has them (one hostile
// name blinds its default mode to all devices), and keeps its control descriptor open.
void prepare_devmapper();

} // namespace dmev
