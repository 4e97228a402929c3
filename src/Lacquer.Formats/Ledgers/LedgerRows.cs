using Lacquer.Formats.Identity;
using Lacquer.Formats.Rights;
using Lacquer.Formats.Volumes;

namespace Lacquer.Formats.Ledgers;

/// <summary>A sealed accession.</summary>
/// <param name="Number">From 1, over all sources, in the order they were sealed.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Adapter">Which adapter read it.</param>
/// <param name="Location">Where the source was: a folder or address. Never published.</param>
/// <param name="Records">How many records it has.</param>
/// <param name="LengthBytes">Length of the file.</param>
/// <param name="Sha256">SHA-256 of the file.</param>
public sealed record AccessionRow(int Number, string Source, string Adapter, string Location, long Records, long LengthBytes, Sha256Digest Sha256);

/// <summary>An archived audio file, or a notice in the place of one, with everything any torrent will need of it.</summary>
/// <param name="Root">Its name.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Extension">One of <see cref="Objects.ObjectExtensions.All"/>.</param>
/// <param name="PieceLayer">BEP 52 piece layer, 32 bytes a piece; empty for an object of one piece.</param>
/// <param name="PieceDigestsV1">SHA-1 of each piece, the last zero-padded, 20 bytes a piece.</param>
/// <param name="Tier">The tier it was made for; <see cref="OriginalTier"/> for an original that is kept unchanged, <see cref="Notice.Tier"/> for a notice.</param>
/// <param name="DurationMs">Milliseconds, or null where unknown.</param>
/// <param name="LoudnessLufs">Integrated loudness (EBU R 128) in LUFS, or null for silence or where unknown.</param>
/// <param name="PeakDbfs">True peak in dBFS, or null where unknown.</param>
/// <param name="Original">SHA-256 of the source file.</param>
/// <param name="OriginalLengthBytes">Length of the source file.</param>
/// <param name="Undo">What turns a kept file back into its original; null for a transcoded one.</param>
public sealed record ObjectRow(
    PiecesRoot Root, Sha256Digest Sha256, long LengthBytes, string Extension, byte[] PieceLayer, byte[] PieceDigestsV1, string Tier,
    int? DurationMs, double? LoudnessLufs, double? PeakDbfs, Sha256Digest? Original, long? OriginalLengthBytes, byte[]? Undo)
{
    /// <summary>The tier of an object that is its original, byte for byte.</summary>
    public const string OriginalTier = "original";

    /// <summary>What it sounds like: the 32-bit items of Chromaprint's algorithm 2, little-endian, about eight a second; null where it was not measured.</summary>
    public byte[]? Fingerprint { get; init; }

    /// <summary>SHA-256 of the samples that its lossless source decodes to; null for lossy sources.</summary>
    public Sha256Digest? Samples { get; init; }

    /// <summary>How loud its parts are, which an album's loudness comes from: see <see cref="Objects.LoudnessBlocks"/>; null where it was not measured.</summary>
    public byte[]? LoudnessBlocks { get; init; }

    /// <summary>The release that its tags name; null where they name none that the catalogue knows.</summary>
    public EntityId? Album { get; init; }

    /// <summary>Integrated loudness in LUFS of what was held of <see cref="Album"/>, as its tags say it; null where they do not.</summary>
    public double? AlbumLufs { get; init; }

    /// <summary>True peak in dBFS of what was held of <see cref="Album"/>, as its tags say it; null where they do not.</summary>
    public double? AlbumPeakDbfs { get; init; }

    /// <summary>Whether it was transcoded: its original cannot be had from it.</summary>
    public bool IsTranscoded => Undo is null && Tier != OriginalTier;

    /// <summary>Whether it is no audio, but a notice in the place of some.</summary>
    public bool IsNotice => Extension == Notice.Extension;
}

/// <summary>A sealed volume.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">Its folder and torrent.</param>
/// <param name="Stage">Lower bound of popularity of its stage when it was pressed.</param>
/// <param name="Files">How many objects it has.</param>
/// <param name="LengthBytes">Their lengths, pad files not counted.</param>
/// <param name="InfoHashV1">Of its hybrid torrent.</param>
/// <param name="InfoHashV2">Of its hybrid torrent.</param>
/// <param name="Retired">Whether it is no longer published: it holds something the gate no longer clears.</param>
public sealed record VolumeRow(int Number, string Name, int Stage, int Files, long LengthBytes, InfoHashV1 InfoHashV1, InfoHashV2 InfoHashV2, bool Retired);

/// <summary>A file of a volume.</summary>
/// <param name="Index">From 0, in the torrent's order, pad files not counted; its v1 index, pad files counted, is in the torrent.</param>
/// <param name="Name">Its name in the torrent.</param>
/// <param name="Object">What it is.</param>
public sealed record VolumeFileRow(int Index, string Name, ObjectRow Object);

/// <summary>A published edition.</summary>
/// <param name="Number">From 1.</param>
/// <param name="Name">Its folder.</param>
/// <param name="Catalogue">The catalogue it is of.</param>
/// <param name="Manifest">SHA-256 of its manifest.</param>
public sealed record EditionRow(int Number, string Name, string Catalogue, Sha256Digest Manifest);

/// <summary>What happened to something in the archive (PREMIS event).</summary>
/// <param name="At">When, UTC, ISO 8601.</param>
/// <param name="Type"><c>ingest</c>, <c>rights</c>, <c>fixity</c>, <c>press</c>, <c>publish</c>, <c>replication</c>…</param>
/// <param name="Subject">What to: an object's name, an id, an accession.</param>
/// <param name="Outcome"><c>success</c> or <c>failure</c>.</param>
/// <param name="Detail">In a line.</param>
/// <param name="Agent">Program and version.</param>
public sealed record EventRow(string At, string Type, string Subject, string Outcome, string Detail, string Agent);

/// <summary>An event that is about to be written.</summary>
/// <param name="Type">As in <see cref="EventRow"/>.</param>
/// <param name="Subject">What to.</param>
/// <param name="Success">Its outcome.</param>
/// <param name="Detail">In a line.</param>
/// <param name="Agent">The tool and its version; null: this program.</param>
public sealed record EventDraft(string Type, string Subject, bool Success, string Detail, string? Agent = null);

/// <summary>What the gate decided on a recording.</summary>
/// <param name="Recording">Which.</param>
/// <param name="Rights">The decision.</param>
/// <param name="Accession">The accession its audio was last tried from; 0 where a mirror has it from its origin; null where it was not tried.</param>
public sealed record DecisionRow(EntityId Recording, RightsDecision Rights, int? Accession);

/// <summary>What of a recording is held.</summary>
/// <param name="Object">Its object.</param>
/// <param name="Rights">What the gate said.</param>
public sealed record HoldingRow(ObjectRow Object, RightsDecision Rights);

/// <summary>Where a recording stands, as a list needs it: no hashes of pieces.</summary>
/// <param name="State">How far its ingest got, or null where it was not tried.</param>
/// <param name="JobReason">Why it is denied or set aside; "" otherwise.</param>
/// <param name="Object">Its object, or null.</param>
/// <param name="Extension">The object's extension, or null.</param>
/// <param name="Publish">Whether the gate lets it be published; false where it was not asked.</param>
/// <param name="Licence">The licence's code, or null.</param>
/// <param name="RightsReason">What the gate said, or null where it was not asked.</param>
public sealed record StandingRow(JobState? State, string JobReason, PiecesRoot? Object, string? Extension, bool Publish, string? Licence, string? RightsReason);
