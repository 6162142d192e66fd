import PackagePlugin

/// Makes the text files of a target (`.sql`, `.yaml`) part of its code: see `EmbedFilesTool`.
@main
struct EmbedFiles: BuildToolPlugin {
  private static let suffixes = [".sql", ".yaml"]

  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let target = target.sourceModule else { return [] }
    let files = Self.suffixes.flatMap { target.sourceFiles(withSuffix: $0).map(\.url) }.sorted { $0.path < $1.path }
    let output = context.pluginWorkDirectoryURL.appending(path: "Embedded.swift")
    return [
      .buildCommand(
        displayName: "Embedding \(files.count) files of \(target.name)",
        executable: try context.tool(named: "EmbedFilesTool").url,
        arguments: [target.directoryURL.path, output.path] + files.map(\.path),
        inputFiles: files, outputFiles: [output])
    ]
  }
}
