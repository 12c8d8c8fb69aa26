internal import Model
internal import Wire

/// What a look at everything that the next run needs finds; each part of it is a file.
struct Diagnosis {
    private(set) var symptoms: [Symptom] = []

    mutating func add(_ subject: String, _ verdict: Symptom.Verdict, _ message: String, hint: String? = nil) {
        symptoms.append(Symptom(subject, verdict, message, hint: hint))
    }

    mutating func add(_ more: [Symptom]) { symptoms += more }
}
