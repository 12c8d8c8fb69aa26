/// A value kept outside of the struct that has it, so that copies of that struct don't copy its many strings.
@propertyWrapper
struct Boxed<Value: Sendable>: Sendable {
    final class Box: Sendable {
        let value: Value

        init(_ value: Value) { self.value = value }
    }

    /// The box itself: reading through it copies nothing else of the struct.
    private(set) var projectedValue: Box

    init(wrappedValue: Value) { projectedValue = Box(wrappedValue) }

    var wrappedValue: Value {
        get { projectedValue.value }
        set { projectedValue = Box(newValue) }
    }
}
