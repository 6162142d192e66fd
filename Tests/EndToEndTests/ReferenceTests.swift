import FoundationEssentials
import PostgresServer
import TestGolden
import TestServer
import Testing

@Suite("Reference")
struct ReferenceTests {
  @Test("the reference pages and the example of settings are those that the program writes")
  func pages() async throws {
    let database = try await Installed.migrated()
    let folder = "/tmp/twinmill-test-\(UUID().uuidString)"
    let output = try await Installed.run(
      ["internal", "docs", folder, "--environment-folder", folder + "/env"], url: database.url)
    try #require(output.status == 0, "\(output.err)")
    let manager = FileManager.default
    defer {
      do { try manager.removeItem(atPath: folder) } catch { print("cannot remove \(folder): \(error)") }
    }
    let pages = try manager.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".md") }
    #expect(pages.count >= 8)
    let kept = [folder + "/env/twinmill.env.example": "Deploy/systemd/twinmill.env.example"].merging(
      pages.map { ("\(folder)/\($0)", "Deploy/docs/reference/\($0)") }
    ) { $1 }
    for (written, path) in kept {
      let text = try String(contentsOfFile: written, encoding: .utf8)
      let difference = Golden.difference(
        text, fromFile: "\(Golden.repository)/\(path)", remedy: "\(path) is out of date; run: Deploy/docs/renew.sh")
      #expect(difference == nil)
    }
  }

  @Test("the manual page has no fault that groff finds")
  func manual() async throws {
    let page = try await Installed.run(["internal", "man"])
    try #require(page.status == 0, "\(page.err)")
    let checked = try await ChildProcess.run(
      ["groff", "-man", "-Tutf8", "-Kutf8", "-ww", "-z", "-"], environment: ["LC_ALL": "C.UTF-8"], input: page.out)
    #expect(checked.status == 0 && checked.err.isEmpty, "\(checked.err)")
    for text in [".SH \"COMMANDS\"", ".SS \"migrate up\"", "TWINMILL_LEASE_SECONDS", "\\fB\\-\\-depends\\-on\\fR"] {
      let isThere = page.out.contains(text)
      #expect(isThere, "\(text)")
    }
  }

  @Test("bash completes commands and options")
  func completion() async throws {
    let script = try await Installed.run(["--generate-completion-script", "bash"])
    try #require(script.status == 0, "\(script.err)")
    // As readline calls it, for `twinmill mig` and for `twinmill enqueue --uni`.
    let probe = """
      complete_line() {
        COMP_LINE=$1 COMP_POINT=${#1}; read -ra COMP_WORDS <<< "$1"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        COMPREPLY=(); _twinmill twinmill "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        echo "${COMPREPLY[@]}"
      }
      complete_line 'twinmill mig'
      complete_line 'twinmill enqueue --uni'
      complete -p twinmill
      """
    let shell = try await ChildProcess.run(
      ["bash", "--norc", "-u", "-c", script.out + "\n" + probe], environment: ["LC_ALL": "C"])
    let lines = shell.out.split(separator: "\n").map { $0.split(separator: " ") }
    #expect(shell.status == 0 && lines.first == ["migrate"] && lines.dropFirst().first == ["--unique-key"], "\(shell)")
    #expect(!script.out.contains("internal"))
  }
}
