import CSV
import Testing

@Suite("CSV line")
struct CSVLineTests {
  private func fields(_ line: String, separator: Character = ",") throws -> [String] {
    try CSVLine.fields(Array(line.utf8), separator: separator.asciiValue!).map(String.init)
  }

  @Test("fields stand between separators, empty ones included")
  func plain() throws {
    #expect(try fields("a,,c") == ["a", "", "c"])
    #expect(try fields("") == [""])
    #expect(try fields(",") == ["", ""])
    #expect(try fields("1;2,5", separator: ";") == ["1", "2,5"])
  }

  @Test("quotes keep separators and doubled quotes, with and without space around them")
  func quoted() throws {
    #expect(try fields("\"a,b\",c") == ["a,b", "c"])
    #expect(try fields("\"say \"\"hi\"\"\"") == ["say \"hi\""])
    #expect(try fields(" \"a\" , b") == ["a", "b"])
    #expect(try fields("\"\",\"\"") == ["", ""])
    #expect(try fields("\"ä\",é") == ["ä", "é"])
  }

  @Test("space around a field is layout")
  func space() throws {
    #expect(try fields(" a ,\tb c ") == ["a", "b c"])
  }

  @Test("what is malformed is refused with the reason")
  func malformed() {
    for line in ["\"a", "\"a\"b,c", "a,\"b"] {
      #expect(throws: CSVLine.Malformed.self, "\(line)") { try fields(line) }
    }
    #expect(throws: CSVLine.Malformed.self) { try CSVLine.fields([0x61, 0xFF]) }
    #expect(throws: CSVLine.Malformed.self) { try CSVLine.fields([0x61, 0]) }
  }

  @Test("a field is quoted only where it must be, and comes back as it was")
  func writes() throws {
    #expect(CSVLine.quoted("a b") == "a b")
    for field in ["a,b", "say \"hi\"", "\""] {
      #expect(try fields(CSVLine.quoted(field)) == [field])
    }
  }
}
