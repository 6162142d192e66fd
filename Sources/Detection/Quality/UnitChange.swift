/// A change between units that people and devices mix up: new = factor · old + offset.
public struct UnitChange: Sendable, Equatable {
  /// In words, such as "°C to °F".
  public var name: String
  /// The factor of old values.
  public var factor: Double
  /// The number that is added.
  public var offset: Double

  /// The changes that are recognised; each stands here one way, and is recognised both ways.
  static let known: [UnitChange] = [
    UnitChange(name: "°C to °F", factor: 1.8, offset: 32),
    UnitChange(name: "°C to K", factor: 1, offset: 273.15),
    UnitChange(name: "thousands to units", factor: 1_000, offset: 0),
    UnitChange(name: "share to percent", factor: 100, offset: 0),
    UnitChange(name: "units to tenths", factor: 10, offset: 0),
    UnitChange(name: "hours to minutes", factor: 60, offset: 0),
    UnitChange(name: "kilograms to pounds", factor: 2.204_622_622, offset: 0),
    UnitChange(name: "m/s to km/h", factor: 3.6, offset: 0),
    UnitChange(name: "inches to centimetres", factor: 2.54, offset: 0),
    UnitChange(name: "miles to kilometres", factor: 1.609_344, offset: 0),
    UnitChange(name: "mmol/l to mg/dl (glucose)", factor: 18.016, offset: 0),
  ]

  /// The change the other way.
  var reversed: UnitChange {
    let words = name.split(separator: " (")
    let ends = words[0].split(separator: " to ")
    let rest = words.count > 1 ? " (\(words[1])" : ""
    return UnitChange(name: "\(ends[1]) to \(ends[0])\(rest)", factor: 1 / factor, offset: -offset / factor)
  }
}
