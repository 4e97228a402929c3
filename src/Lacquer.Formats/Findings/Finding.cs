namespace Lacquer.Formats.Findings;

/// <summary>One thing among many that is wrong: it is set aside with its reason and the work goes on.</summary>
/// <param name="Stage">The stage that met it: <c>harvest</c>, <c>catalogue</c>, <c>ingest</c>, <c>verify</c>…</param>
/// <param name="Subject">What it is about: a path inside a source, an entity id, an object's name.</param>
/// <param name="Kind">A short stable word for the kind: <c>damaged</c>, <c>drm</c>, <c>unreadable</c>…</param>
/// <param name="Message">What was expected and what was met, in one line.</param>
public sealed record Finding(string Stage, string Subject, string Kind, string Message);
