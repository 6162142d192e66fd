// swift-tools-version: 6.2

import PackageDescription

// Who may import whom (nothing imports upwards):
//
//   twinmill → Worker, Scheduler, Jobs → Twins, Domains, Forecasting, Detection, Inference → Series
//              Worker, Scheduler, Twins → Queue → Postgres → CLibpq
//              Inference → COpenBLAS, CBoostMath
//
// CSV, Series, Forecasting, Detection and Inference are pure: they know nothing of PostgreSQL, jobs or twins.

let package = Package(
  name: "twinmill",
  products: [
    .executable(name: "twinmill", targets: ["twinmill"]),
    .library(name: "Postgres", targets: ["Postgres"]),
    .library(name: "Series", targets: ["Series"]),
    .library(name: "Forecasting", targets: ["Forecasting"]),
    .library(name: "Detection", targets: ["Detection"]),
    .library(name: "Inference", targets: ["Inference"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: [.defaults, "YAML"]),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Text files as code: the plugin finds a target's files, the tool writes them.
    .plugin(
      name: "EmbedFiles", capability: .buildTool(), dependencies: ["EmbedFilesTool"], path: "Sources/EmbedFiles/Plugin"),
    .executableTarget(name: "EmbedFilesTool", path: "Sources/EmbedFiles/Tool"),

    // C libraries of Debian.
    .systemLibrary(name: "CLibpq", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),

    // Headers of Boost.Math (libboost-dev) behind C.
    .target(name: "CBoostMath", linkerSettings: [.linkedLibrary("m"), .linkedLibrary("stdc++")]),

    // The queue's floors.
    .target(
      name: "Postgres",
      dependencies: ["CLibpq", .product(name: "Logging", package: "swift-log")]
    ),
    .target(
      name: "Queue",
      dependencies: ["Postgres", .product(name: "Logging", package: "swift-log")],
      plugins: ["EmbedFiles"]
    ),
    .target(
      name: "Worker",
      dependencies: [
        "Queue",
        .product(name: "DequeModule", package: "swift-collections"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]
    ),
    .target(
      name: "Scheduler",
      dependencies: ["Queue", .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")],
      plugins: ["EmbedFiles"]
    ),

    // Pure: lines of files, analytics.
    .target(name: "CSV"),
    .target(name: "Series"),
    .target(name: "Numerics", dependencies: ["COpenBLAS", "CBoostMath"]),
    .target(name: "Forecasting", dependencies: ["Numerics"]),
    .target(name: "Detection", dependencies: ["Numerics"]),
    .target(name: "Inference", dependencies: ["COpenBLAS", "Numerics"]),

    // Twins and what is computed for them.
    .target(
      name: "Twins",
      dependencies: ["CSV", "Postgres", "Queue", "Series", "Yams"],
      plugins: ["EmbedFiles"]
    ),
    .target(
      name: "Domains",
      dependencies: ["Twins"],
      plugins: ["EmbedFiles"]
    ),
    .target(
      name: "Analysis",
      dependencies: ["Detection", "Numerics", "Postgres", "Queue", "Series", "Twins"],
      plugins: ["EmbedFiles"]
    ),
    .target(
      name: "Jobs",
      dependencies: [
        "Analysis", "Detection", "Forecasting", "Inference", "Numerics", "Postgres", "Queue", "Series", "Twins",
      ],
      path: "Jobs",
      plugins: ["EmbedFiles"]
    ),

    // The command line.
    .executableTarget(
      name: "twinmill",
      dependencies: [
        "Worker", "Scheduler", "Jobs", "Domains", "CSV", "CZlib", "Detection", "Forecasting", "Inference", "Numerics",
        "Series",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Yams", package: "Yams"),
      ],
      plugins: ["EmbedFiles"]
    ),

    // Tests.
    .target(name: "TestServer", dependencies: ["Postgres"], path: "Tests/TestServer"),
    .target(name: "TestSeries", dependencies: ["Numerics"], path: "Tests/TestSeries"),
    .testTarget(name: "PostgresTests", dependencies: ["Postgres", "Numerics", "TestServer"]),
    .testTarget(name: "QueueTests", dependencies: ["Queue", "TestServer"]),
    .testTarget(name: "WorkerTests", dependencies: ["Worker", "TestServer"]),
    .testTarget(name: "SchedulerTests", dependencies: ["Scheduler", "Numerics", "TestServer"]),
    .testTarget(name: "CSVTests", dependencies: ["CSV"]),
    .testTarget(name: "SeriesTests", dependencies: ["Series"]),
    .testTarget(name: "NumericsTests", dependencies: ["Numerics"]),
    .testTarget(name: "ForecastingTests", dependencies: ["Forecasting", "Series", "TestSeries"]),
    .testTarget(name: "DetectionTests", dependencies: ["Detection", "Numerics"]),
    .testTarget(name: "InferenceTests", dependencies: ["Inference", "Numerics"]),
    .testTarget(name: "TwinsTests", dependencies: ["Twins", "Domains", "TestServer"]),
    .testTarget(
      name: "JobsTests",
      dependencies: ["Analysis", "Jobs", "Domains", "Numerics", "TestServer", "TestSeries"]),
    .testTarget(name: "ForecastCommandTests", dependencies: ["twinmill", "CZlib"]),
    .testTarget(name: "DetectCommandTests", dependencies: ["twinmill"]),
    .testTarget(name: "InferenceCommandTests", dependencies: ["twinmill"]),
    .testTarget(name: "VerifyTests", dependencies: ["twinmill"]),
    .testTarget(name: "ChainTests", dependencies: ["twinmill"]),
    .testTarget(name: "EndToEndTests", dependencies: ["twinmill", "TestServer"]),
  ],
  swiftLanguageModes: [.v6]
)
