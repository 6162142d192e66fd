/// Why a file is not imported. Nothing of it is stored then.
public enum ImportError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The file cannot be read, or has no observation.
  case file(String, problem: String)
  /// The header does not fit what was asked for.
  case header(file: String, problem: String)
  /// A line that cannot be used.
  case line(file: String, line: Int, problem: String)
  /// The domain takes no imports.
  case domain(String, problem: String)
  /// The database refused; what to do.
  case database(String)

  /// The fault, its place, and the remedy.
  public var description: String {
    switch self {
    case .file(let file, let problem): "\(file): \(problem)"
    case .header(let file, let problem): "\(file):1: \(problem)"
    case .line(let file, let line, let problem): "\(file):\(line): \(problem); nothing was stored"
    case .domain(let name, let problem): "domain \(name): \(problem)"
    case .database(let problem): problem
    }
  }
}
