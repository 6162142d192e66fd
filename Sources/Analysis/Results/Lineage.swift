import FoundationEssentials
import Queue

extension JSONWriter {
  /// Members that lead from a result back to what it was made by and of: job, attempt, code version, input hash, who
  /// asked for it. Every kind's metadata begins with them.
  package mutating func lineage(of job: Job, inputHash: String, domain: String) {
    member("job_id", job.id)
    member("attempt", job.attempt)
    member("kind", job.kind)
    member("code_version", BuildInfo.version)
    member("input_hash", inputHash)
    member("requested_by", job.requestedBy)
    if let schedule = job.schedule { member("schedule", schedule) }
    if let tick = job.tick { member("tick", tick.formatted(.iso8601)) }
    member("domain", domain)
  }

  /// A list of texts.
  package mutating func member(_ name: String, _ texts: [String]) {
    key(name)
    array { list in for text in texts { list.value(text) } }
  }

  /// A truth value.
  package mutating func member(_ name: String, _ value: Bool) {
    key(name)
    self.value(value)
  }

  /// What was left out, and why; nothing when nothing was.
  package mutating func leftOut(_ entries: [(name: String, reason: String)]) {
    guard !entries.isEmpty else { return }
    key("left_out")
    object { for (name, reason) in entries { $0.member(name, reason) } }
  }
}
