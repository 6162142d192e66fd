/// Statements for one round trip, whose answers are asked for by name and not by position.
///
/// ```swift
/// var pipeline = Pipeline()
/// pipeline.add(Statements.hotPlan())
/// let lanes = pipeline.add(Statements.lanes(queues, kinds))
/// let answers = try await connection.pipeline(pipeline)
/// for row in answers[lanes] { … }
/// ```
public struct Pipeline: Sendable {
  /// Names one statement of a pipeline, and the answer to it.
  public struct Token: Sendable, Hashable {
    fileprivate let index: Int
    fileprivate let statement: String?
  }

  /// The answers to all statements of one pipeline.
  public struct Answers: Sendable {
    private let rows: [Rows]
    private let statements: [String?]

    fileprivate init(_ rows: [Rows], of pipeline: Pipeline) {
      assert(rows.count == pipeline.statements.count, "each statement has one answer")
      self.rows = rows
      statements = pipeline.statements.map(\.name)
    }

    /// The answer to the statement that `add` gave the token for.
    public subscript(token: Token) -> Rows {
      precondition(
        rows.indices.contains(token.index) && statements[token.index] == token.statement,
        "the token for statement \(token.statement ?? "without a name") is of another pipeline")
      return rows[token.index]
    }
  }

  /// In the order in which they run.
  public private(set) var statements: [SQL] = []

  /// Without statements yet.
  public init() {}

  /// Adds a statement that runs after those added before.
  /// - Returns: what to ask for its answer by.
  @discardableResult
  public mutating func add(_ statement: SQL) -> Token {
    statements.append(statement)
    return Token(index: statements.count - 1, statement: statement.name)
  }
}

extension Connection {
  /// Runs the statements of a pipeline in one round trip: one transaction, unless they contain BEGIN or COMMIT or run
  /// inside of one. After an error none of the later statements runs.
  /// - Throws: as `query`; `statementName` and `statementIndex` tell which statement failed.
  public func pipeline(
    _ pipeline: Pipeline, deadline: Duration? = nil
  ) async throws(PostgresError) -> Pipeline.Answers {
    let rows = try await self.pipeline(pipeline.statements, deadline: deadline)
    return Pipeline.Answers(rows, of: pipeline)
  }
}
