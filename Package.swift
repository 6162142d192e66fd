// swift-tools-version: 6.2

import PackageDescription

// Each target below declares the targets that it may import. Nothing imports upwards, and
// `--explicit-target-dependency-import-check error` refuses an import that is not declared:
//
//   twinmill → CommandLine → Benchmarks, Verifier, Offline, Worker, Scheduler, Jobs → Analysis → Twins, Domains
//              Worker, Scheduler, Twins → Queue → Postgres → CLibpq
//   pure: Series, CSV, Forecasting, Detection, Inference, Simulation → Numerics; Files, Offline. They know nothing of
//   PostgreSQL.
//
// TWINMILL_WITHOUT_POSTGRES=1 leaves only the pure targets: they build and pass their tests without libpq.

/// Whether only the targets that need no PostgreSQL are declared.
let isPure = Context.environment["TWINMILL_WITHOUT_POSTGRES"] == "1"

/// A release build is stripped: symbols and debug information are a third of it. TWINMILL_KEEP_SYMBOLS=1 leaves them in,
/// for profilers and debuggers.
let stripped: [LinkerSetting] =
  Context.environment["TWINMILL_KEEP_SYMBOLS"] == "1"
  ? [] : [.unsafeFlags(["-Xlinker", "--strip-all"], .when(configuration: .release))]

// MARK: - Other packages

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let heap = Target.Dependency.product(name: "HeapModule", package: "swift-collections")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let serviceLifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")

// Exact versions, since Package.resolved is not kept.
let purePackages: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
]
let databasePackages: [Package.Dependency] = [
  .package(url: "https://github.com/apple/swift-collections", exact: "1.6.0"),
  .package(url: "https://github.com/apple/swift-configuration", exact: "1.4.0", traits: [.defaults, "YAML"]),
  .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
  .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
  .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
]

// MARK: - Pure: analytics, files, the commands that need no database

let pureTargets: [Target] = [
  .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
  .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
  // Headers of Boost.Math (libboost-dev) behind C.
  .target(name: "CBoostMath", linkerSettings: [.linkedLibrary("m"), .linkedLibrary("stdc++")]),

  .target(name: "CSV"),
  .target(name: "Series"),
  .target(name: "Numerics", dependencies: ["COpenBLAS", "CBoostMath"]),
  .target(name: "Forecasting", dependencies: ["Numerics"]),
  .target(name: "Detection", dependencies: ["Numerics"]),
  .target(name: "Inference", dependencies: ["COpenBLAS", "Numerics"]),
  .target(name: "Simulation", dependencies: ["Numerics"]),
  .target(name: "Files", dependencies: ["CSV", "CZlib", "Series"]),
  .target(
    name: "Offline",
    dependencies: [
      "CSV", "Files", "Series", "Forecasting", "Detection", "Inference", "Numerics", "Simulation", argumentParser,
    ]),

  .target(name: "TestGolden", path: "Tests/TestGolden"),
  .target(name: "TestSeries", dependencies: ["Numerics"], path: "Tests/TestSeries"),
  .testTarget(name: "CSVTests", dependencies: ["CSV"]),
  .testTarget(name: "SeriesTests", dependencies: ["Series"]),
  .testTarget(name: "NumericsTests", dependencies: ["Numerics"]),
  .testTarget(name: "ForecastingTests", dependencies: ["Forecasting", "Series", "TestGolden", "TestSeries"]),
  .testTarget(name: "DetectionTests", dependencies: ["Detection", "Numerics"]),
  .testTarget(name: "InferenceTests", dependencies: ["Inference", "Numerics"]),
  .testTarget(name: "SimulationTests", dependencies: ["Simulation", "Numerics"]),
  .testTarget(
    name: "OfflineTests",
    dependencies: ["Offline", "Files", "Forecasting", "Numerics", "Simulation", argumentParser]),
]

// MARK: - Queue, twins, the program

/// Code that breaks things on purpose, for tests: never in a release build.
let faultInjection: [SwiftSetting] = [.define("FAULT_INJECTION", .when(configuration: .debug))]

let databaseTargets: [Target] = [
  // Text files as code: the plugin finds a target's files, the tool writes them.
  .plugin(
    name: "EmbedFiles", capability: .buildTool(), dependencies: ["EmbedFilesTool"], path: "Sources/EmbedFiles/Plugin"),
  .executableTarget(name: "EmbedFilesTool", path: "Sources/EmbedFiles/Tool"),

  .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
  .target(name: "Postgres", dependencies: ["CLibpq", logging], swiftSettings: faultInjection),
  .target(name: "PostgresServer", dependencies: ["Postgres", "CLibpq"]),

  .target(name: "Telemetry", dependencies: [logging]),
  .target(
    name: "Queue", dependencies: ["Postgres"], swiftSettings: faultInjection, plugins: ["EmbedFiles"]),
  .target(
    name: "Worker", dependencies: ["Queue", "Postgres", "Telemetry", logging, deque, heap, serviceLifecycle],
    swiftSettings: faultInjection),
  .target(
    name: "Scheduler", dependencies: ["Queue", "Postgres", "Telemetry", logging, serviceLifecycle],
    plugins: ["EmbedFiles"]),

  .target(
    name: "Twins", dependencies: ["CSV", "Postgres", "Queue", "Series", yams], plugins: ["EmbedFiles"]),
  .target(
    name: "Domains", dependencies: ["Twins"], plugins: ["EmbedFiles"]),
  .target(
    name: "Analysis", dependencies: ["Detection", "Numerics", "Postgres", "Queue", "Series", "Twins"],
    plugins: ["EmbedFiles"]),
  .target(
    name: "Jobs",
    dependencies: [
      "Analysis", "Detection", "Forecasting", "Inference", "Numerics", "Postgres", "Queue", "Series", "Twins",
    ],
    path: "Jobs", plugins: ["EmbedFiles"]),

  .target(name: "ReadModels", dependencies: ["Postgres", "Twins"], plugins: ["EmbedFiles"]),
  .target(
    name: "Verifier", dependencies: ["CSV", "Files", "Postgres", "Queue"], plugins: ["EmbedFiles"]),
  .target(
    name: "Benchmarks",
    dependencies: [
      "Detection", "Files", "Inference", "Numerics", "Postgres", "PostgresServer", "Queue", "Simulation", "Worker",
    ], plugins: ["EmbedFiles"]),
  .target(
    name: "CommandLine",
    dependencies: [
      "Benchmarks", "Files", "Forecasting", "Inference", "Numerics", "Offline", "Postgres", "PostgresServer", "Queue",
      "ReadModels", "Scheduler", "Simulation", "Telemetry", "Twins", "Verifier", "Worker",
      argumentParser, configuration, logging, serviceLifecycle, systemPackage, yams,
    ], swiftSettings: faultInjection, plugins: ["EmbedFiles"]),
  .executableTarget(
    name: "twinmill",
    dependencies: [
      "CommandLine", "Domains", "Forecasting", "Jobs", "Offline", "Queue", "Scheduler", "Series", "Twins", "Worker",
    ],
    linkerSettings: stripped),

  .target(name: "TestServer", dependencies: ["Postgres", "PostgresServer"], path: "Tests/TestServer"),
  .testTarget(name: "TelemetryTests", dependencies: ["Telemetry", logging]),
  .testTarget(name: "PostgresTests", dependencies: ["Postgres", "PostgresServer", "Numerics", "TestServer"]),
  .testTarget(name: "QueueTests", dependencies: ["Queue", "Numerics", "Postgres", "PostgresServer", "TestServer"]),
  .testTarget(
    name: "WorkerTests",
    dependencies: ["Worker", "Queue", "Postgres", "Verifier", "TestServer", logging, serviceLifecycle],
    swiftSettings: faultInjection),
  .testTarget(
    name: "SchedulerTests",
    dependencies: [
      "Scheduler", "Queue", "Postgres", "PostgresServer", "Numerics", "ReadModels", "TestServer", logging,
      serviceLifecycle,
    ]),
  .testTarget(name: "TwinsTests", dependencies: ["Twins", "Domains", "Postgres", "Queue", "ReadModels", "TestServer"]),
  .testTarget(
    name: "JobsTests",
    dependencies: [
      "Analysis", "Jobs", "Domains", "Numerics", "Postgres", "Queue", "ReadModels", "Twins", "TestGolden",
      "TestServer", "TestSeries",
    ], plugins: ["EmbedFiles"]),
  .testTarget(name: "VerifierTests", dependencies: ["Verifier", "Files", "Queue"]),
  .testTarget(name: "CommandLineTests", dependencies: ["CommandLine", "Queue", "Verifier", "Worker"]),
  .testTarget(
    name: "EndToEndTests", dependencies: ["twinmill", "Postgres", "PostgresServer", "TestGolden", "TestServer"],
    exclude: ["Fuzz/hostile_calls.sql"]),
]

// MARK: - The package

let package = Package(
  name: "twinmill",
  products: (isPure
    ? [.executable(name: "twinmill-offline", targets: ["twinmill-offline"])]
    : [.executable(name: "twinmill", targets: ["twinmill"]), .library(name: "Postgres", targets: ["Postgres"])])
    + ["Series", "Forecasting", "Detection", "Inference"].map { .library(name: $0, targets: [$0]) },
  dependencies: purePackages + (isPure ? [] : databasePackages),
  targets: pureTargets
    + (isPure
      ? [
        .executableTarget(
          name: "twinmill-offline", dependencies: ["Files", "Offline", argumentParser], linkerSettings: stripped)
      ]
      : databaseTargets),
  swiftLanguageModes: [.v6]
)
