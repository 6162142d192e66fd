import Postgres
import Synchronization
import Testing

/// Gives each test of a suite, or one test, a database of its own with a connection, and drops at the end what databases
/// the test has created.
///
/// A suite that conforms to `DatabaseSuite` finds them as `database` and `connection`.
public struct DatabaseTrait: SuiteTrait, TestTrait, TestScoping {
  /// For each test of the suite, not for the suite as a whole.
  public var isRecursive: Bool { true }

  private let create: (@Sendable () async throws -> TestDatabase)?

  fileprivate init(_ create: (@Sendable () async throws -> TestDatabase)?) { self.create = create }

  /// Runs one case of a test in a scope of its own.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let scope = DatabaseScope()
    do {
      try await DatabaseScope.$current.withValue(scope) {
        if let create { try await scope.provide(try await create()) }
        try await function()
      }
    } catch {
      await scope.end()
      throw error
    }
    await scope.end()
  }
}

extension Trait where Self == DatabaseTrait {
  /// A database that a closure creates.
  public static func database(_ create: @escaping @Sendable () async throws -> TestDatabase) -> Self { Self(create) }

  /// An empty database.
  public static var emptyDatabase: Self { Self { try await TestDatabase.create() } }

  /// Databases that a test creates by itself are dropped at its end.
  public static var dropsDatabases: Self { Self(nil) }
}

/// A suite whose tests have a database of their own (`DatabaseTrait`).
public protocol DatabaseSuite {}

extension DatabaseSuite {
  /// The test's database.
  public var database: TestDatabase { DatabaseScope.provided.database }

  /// A connection to it.
  public var connection: Connection { DatabaseScope.provided.connection }
}

/// The databases of one running test.
final class DatabaseScope: Sendable {
  @TaskLocal static var current: DatabaseScope?

  private let created = Mutex<[TestDatabase]>([])
  private let fixture = Mutex<(database: TestDatabase, connection: Connection)?>(nil)

  static var provided: (database: TestDatabase, connection: Connection) {
    guard let fixture = current?.fixture.withLock({ $0 }) else {
      preconditionFailure("this test has no database: name a trait such as .emptyDatabase")
    }
    return fixture
  }

  /// A database that the test has created.
  func add(_ database: TestDatabase) { created.withLock { $0.append(database) } }

  fileprivate func provide(_ database: TestDatabase) async throws {
    let connection = try await database.connect()
    fixture.withLock { $0 = (database, connection) }
  }

  fileprivate func end() async {
    await fixture.withLock({ $0 })?.connection.close()
    for database in created.withLock({ $0 }) { await database.drop() }
  }
}
