// swift-tools-version: 6.2
import PackageDescription

/// House rules for every target of ours: Swift 6 language mode, explicit existentials and imports, no warnings.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let nio = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { Target.Dependency.product(name: $0, package: "swift-nio") }

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: house)
}

func system(_ name: String, _ pkgConfig: String, _ debianPackage: String) -> Target {
    .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debianPackage])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: house)
}

/// Benchmarks of parts are built for `etc/bench --parts` only, so that nobody else's build pays for them.
let benchmarks =
    Context.environment["HOLDFAST_BENCHMARKS"] == nil
    ? []
    : [
        Target.executableTarget(
            name: "Parts",
            dependencies: [
                "Model", "Policies", "Platform", "Archiving", "Storage", "Catalog", "StorageTestSupport",
                .product(name: "Benchmark", package: "benchmark"),
            ],
            path: "Tests/Benchmarks/Parts", swiftSettings: house,
            plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
    ]
// Without its traits it needs no preloaded library; its counts of allocations are then zero and say nothing.
let benchmark = Package.Dependency.package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: [])

let package = Package(
    name: "holdfast",
    products: [
        .executable(name: "holdfastd", targets: ["holdfastd"]),
        .executable(name: "holdfast", targets: ["holdfast"]),
        .executable(name: "holdfast-helper", targets: ["holdfast-helper"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.5.0"),
    ] + (benchmarks.isEmpty ? [] : [benchmark]),
    targets: [
        system("CZlib", "zlib", "zlib1g-dev"),
        system("CDeflate", "libdeflate", "libdeflate-dev"),
        system("CISAL", "libisal", "libisal-dev"),
        system("COpenSSL", "libcrypto", "libssl-dev"),
        system("CXXHash", "libxxhash", "libxxhash-dev"),
        system("CSQLite", "sqlite3", "libsqlite3-dev"),
        system("CPQ", "libpq", "libpq-dev"),

        .target(name: "CLinux"),
        library("Model"),
        library("Policies", ["Model"]),
        library("Platform", ["Model", "CLinux", subprocess, systemPackage]),
        library("Archiving", ["Model", "CDeflate", "CISAL", "COpenSSL", "CXXHash"]),
        library("Wire", ["Model"]),
        library("Petitions", ["Model", "Platform", "Wire"]),
        library("Storage", ["Model", "Platform", "Archiving"]),
        library("Engines", ["Model", "Platform", "Petitions", "CSQLite", "CPQ"]),
        library("Catalog", ["Model", "Policies", "Platform", grdb]),
        library("Settings", ["Model", "Policies", "Platform", toml]),
        library("Granting", ["Model", "Platform", "Wire", "Petitions", "Settings"]),
        library("Messages", ["Model", "Platform", "Catalog"]),
        library(
            "Operations",
            [
                "Model", "Policies", "Platform", "Archiving", "Wire", "Petitions", "Storage", "Engines", "Catalog",
                "Settings", "Messages", "Scheduling",
            ]),
        library("Scheduling", ["Model", "Policies", "CLinux"]),
        library("HTTPServer", ["Model", "Platform", "Wire", hummingbird, httpTypes, lifecycle, logging] + nio),
        library("Client", ["Model", "Wire"] + nio),
        library("Commands", ["Model", "Policies", "Platform", "Wire", "Settings", "Client", argumentParser]),
        .executableTarget(
            name: "holdfastd",
            dependencies: [
                "Model", "Platform", "Settings", "Catalog", "Operations", "Messages", "Scheduling", "HTTPServer",
                argumentParser,
                lifecycle, logging, signals,
            ],
            swiftSettings: house),
        .executableTarget(name: "holdfast", dependencies: ["Commands", "Operations"], swiftSettings: house),
        .executableTarget(name: "holdfast-helper", dependencies: ["Granting"], swiftSettings: house),

        library("StorageTestSupport", ["Model", "Platform", "Archiving", "Storage"]),
        library("EnginesTestSupport", ["Model", "Platform", "Engines"]),
        .executableTarget(
            name: "ledger-writer", dependencies: ["CSQLite"], path: "Tests/LedgerWriter", swiftSettings: house),
        .executableTarget(
            name: "bare-pipeline", dependencies: ["CZlib", "CDeflate", "CISAL", "COpenSSL", "CXXHash"],
            path: "Tests/BarePipeline", swiftSettings: house),
        tests("ModelTests", ["Model"]),
        tests("PlatformTests", ["Model", "Platform"]),
        tests("PoliciesTests", ["Model", "Policies", "Platform"]),
        tests("ArchivingTests", ["Model", "Archiving", "CZlib"]),
        tests("WireTests", ["Model", "Wire"]),
        tests("SettingsTests", ["Model", "Policies", "Platform", "Settings"]),
        tests("StorageTests", ["Model", "Platform", "Archiving", "Storage", "StorageTestSupport"]),
        tests("EnginesTests", ["Model", "Platform", "Engines", "EnginesTestSupport", "ledger-writer", "CSQLite"]),
        tests("CatalogTests", ["Model", "Policies", "Catalog", grdb]),
        tests("SchedulingTests", ["Model", "Policies", "Catalog", "Scheduling"]),
        tests("MessagesTests", ["Model", "Policies", "Platform", "Catalog", "Messages"]),
        tests(
            "OperationsTests",
            [
                "Model", "Policies", "Platform", "Archiving", "Wire", "Storage", "Engines", "Catalog", "Settings",
                "Operations", "EnginesTestSupport", "StorageTestSupport",
                "ledger-writer",
            ]),
        .target(
            name: "WireTestSupport", dependencies: ["Model", "Wire", "HTTPServer", lifecycle, logging],
            path: "Tests/WireTestSupport", swiftSettings: house),
        tests(
            "HTTPServerTests", ["Model", "Platform", "Wire", "WireTestSupport", "HTTPServer", "Client", logging]),
        tests("CommandsTests", ["Model", "Platform", "Settings", "Wire", "WireTestSupport", "Commands"]),
        tests(
            "DaemonTests",
            [
                "Model", "Wire", "Platform", "Petitions", "Engines", "EnginesTestSupport", "holdfastd", "holdfast",
                "holdfast-helper", "ledger-writer",
                "Settings", "Operations", "Commands",
            ]),
    ] + benchmarks,
    cxxLanguageStandard: .cxx17
)

/// Executables for the package (`etc/package`) carry the Swift runtime. Only linking differs: what is packed are the very
/// objects that the tests ran. They were compiled against the shared libraries, so what the static ones need in turn is named.
if Context.environment["HOLDFAST_STATIC"] != nil {
    let runtime = LinkerSetting.unsafeFlags([
        "-static-stdlib", "-lFoundation", "-lFoundationInternationalization", "-lFoundationEssentials",
        "-l_FoundationCollections", "-l_FoundationCShims", "-lCoreFoundation", "-l_FoundationICU",
    ])
    let programs = Set(package.products.compactMap { ($0 as? Product.Executable)?.targets }.joined())
    for target in package.targets where programs.contains(target.name) {
        target.linkerSettings = (target.linkerSettings ?? []) + [runtime]
    }
}
