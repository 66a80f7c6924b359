// SPDX-License-Identifier: Apache-2.0
// Between SQLite and the system, for this whole process: writes that hang, or fail as those to a full disk.
#pragma once
#include <sqlite3.h>

#include <condition_variable>
#include <map>
#include <mutex>

namespace dmev {

class FaultyDisk {
 public:
    static FaultyDisk& instance() {
        static FaultyDisk disk;
        return disk;
    }
    void hang() {
        const std::lock_guard lock{mutex_};
        hanging_ = true;
    }
    void fill() {
        const std::lock_guard lock{mutex_};
        full_ = true;
    }
    // Everything is as it should be again.
    void mend() {
        const std::lock_guard lock{mutex_};
        hanging_ = full_ = false;
        changed_.notify_all();
    }
    // Waits until a write hangs.
    void wait_for_hanging() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return hung_ > 0; });
    }

 private:
    FaultyDisk() {
        shim_ = *sqlite3_vfs_find(nullptr);
        shim_.zName = "faulty";
        open_ = shim_.xOpen;
        shim_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
            auto& self = instance();
            const int code = self.open_(vfs, name, file, flags, out);
            if (code == SQLITE_OK && file->pMethods) {
                // Each kind of file has methods of its own: those of a log take no locks.
                const std::lock_guard lock{self.mutex_};
                auto& methods = self.methods_.try_emplace(file->pMethods, *file->pMethods).first->second;
                self.write_ = file->pMethods->xWrite;
                methods.xWrite = write;
                file->pMethods = &methods;
            }
            return code;
        };
        sqlite3_vfs_register(&shim_, 1);
    }
    static int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 at) {
        auto& self = instance();
        decltype(write_) real = nullptr;
        {
            std::unique_lock lock{self.mutex_};
            if (self.full_) return SQLITE_FULL;
            ++self.hung_;
            if (self.hanging_) self.changed_.notify_all();
            self.changed_.wait(lock, [&] { return !self.hanging_; });
            --self.hung_;
            real = self.write_;
        }
        return real(file, bytes, size, at);
    }

    sqlite3_vfs shim_{};
    std::map<const sqlite3_io_methods*, sqlite3_io_methods> methods_;
    int (*open_)(sqlite3_vfs*, const char*, sqlite3_file*, int, int*) = nullptr;
    int (*write_)(sqlite3_file*, const void*, int, sqlite3_int64) = nullptr;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool hanging_ = false, full_ = false;
    int hung_ = 0;
};

} // namespace dmev
