// Threads that divide a piece of work among themselves; TensorFlow's C API lends none of its own to an operation.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace autoregseg {

class Workers {
 public:
  // Never destroyed: threads that sleep do not hold up the end of the process.
  static Workers& instance() {
    static Workers* workers = new Workers;
    return *workers;
  }

  // As many as TensorFlow uses within an operation.
  int count() const { return count_; }

  // Calls work(0), ..., work(tasks - 1), each once, in any order and on any thread; returns when all are done.
  void run(int tasks, const std::function<void(int)>& work) {
    std::unique_lock<std::mutex> turn(busy_, std::try_to_lock);
    if (!turn.owns_lock() || tasks <= 1 || count_ <= 1) {  // Another thread of Node computes: the cores are taken.
      for (int task = 0; task < tasks; task++) work(task);
      return;
    }
    {
      std::lock_guard<std::mutex> lock(mutex_);
      work_ = &work;
      tasks_ = tasks;
      next_ = 0;
      working_ = count_ - 1;
      round_++;
    }
    wake_.notify_all();
    take(work, tasks);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return working_ == 0; });
  }

 private:
  Workers() : count_(countThreads()) {
    for (int index = 1; index < count_; index++) std::thread([this] { serve(); }).detach();
  }

  void serve() {
    long seen = 0;
    while (true) {
      std::unique_lock<std::mutex> lock(mutex_);
      wake_.wait(lock, [this, seen] { return round_ != seen; });
      seen = round_;
      const auto& work = *work_;
      const int tasks = tasks_;
      lock.unlock();
      take(work, tasks);
      lock.lock();
      if (--working_ == 0) done_.notify_one();
    }
  }

  void take(const std::function<void(int)>& work, int tasks) {
    for (int task = next_++; task < tasks; task = next_++) work(task);
  }

  static int countThreads() {
    const char* wanted = std::getenv("TF_NUM_INTRAOP_THREADS");
    const int given = wanted == nullptr ? 0 : std::atoi(wanted);
    if (given > 0) return given;
#ifdef __linux__
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
#endif
    return std::max(1u, std::thread::hardware_concurrency());
  }

  const int count_;
  std::mutex busy_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int)>* work_ = nullptr;
  int tasks_ = 0;
  int working_ = 0;
  long round_ = 0;
  std::atomic<int> next_{0};
};

}  // namespace autoregseg
