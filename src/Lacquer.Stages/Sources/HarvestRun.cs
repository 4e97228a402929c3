using System.Buffers;
using System.Text;
using System.Text.Json;
using Lacquer.Formats.Accessions;
using Lacquer.Formats.Findings;
using Lacquer.Formats.Ledgers;
using Lacquer.Stages.Sources.Fetching;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>One harvest, as its adapter sees it: what was asked, and where records go. One thread at a time.</summary>
public sealed class HarvestRun
{
    private const int MostFindings = 1000;

    private readonly OpenArchive _archive;
    private readonly AccessionWriter _writer;
    private readonly HarvestCursor _cursor;
    private readonly IProgress<StageProgress> _progress;
    private readonly KnownRecords? _known;
    private readonly ArrayBufferWriter<byte> _line = new();
    private long _pass;

    internal HarvestRun(OpenArchive archive, AdapterRequest request, string source, SourceAccess access, AccessionWriter writer, HarvestCursor cursor, KnownRecords? known, TimeProvider clock, IProgress<StageProgress> progress)
    {
        (_archive, Request, Source, Access, Clock, _writer, _cursor, _known, _progress) = (archive, request, source, access, clock, writer, cursor, known, progress);
        if (known is null)
        {
            // A dump gives the same lines in the same order: those that a killed run has written are counted off.
            _pass = writer.Records;
        }
        else
        {
            (SetAsideCount, SetAsideLines) = (known.InHand.Aside, known.InHand.Aside);
            Findings.AddRange(known.InHand.Findings.Take(MostFindings));
        }
    }

    /// <summary>What was asked.</summary>
    public AdapterRequest Request { get; }

    /// <summary>The source's name.</summary>
    public string Source { get; }

    /// <summary>The source over the network.</summary>
    public SourceAccess Access { get; }

    /// <summary>The files of the source's earlier accessions, the oldest first.</summary>
    public IReadOnlyList<string> Earlier { get; init; } = [];

    /// <summary>The archive's ledger.</summary>
    public Ledger Ledger => _archive.Ledger;

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; }

    /// <summary>What asks the source over the network, as <c>[fetch]</c> in lacquer.toml says, with a log beside the others of the archive. The adapter disposes of it.</summary>
    /// <param name="ownServers">Servers that the operator named, which alone may have addresses that are not public.</param>
    /// <exception cref="LacquerException">lacquer.toml does not say who asks.</exception>
    public Fetcher OpenFetcher(params ReadOnlySpan<Uri> ownServers)
    {
        var policy = FetchPolicy.Of(_archive.Configuration);
        foreach (var server in ownServers)
            policy = policy.WithOwnServer(server);
        return new Fetcher(policy, Clock, logFile: _archive.Layout.FetchLog(Source), progress: _progress);
    }

    /// <summary>What was given to <see cref="SaveCursor"/> last by a run that was killed; null at the beginning.</summary>
    public string? Cursor => _cursor.Value;

    /// <summary>Records that were given and are in an earlier accession, just the same.</summary>
    public long Unchanged { get; private set; }

    /// <summary>Met and set aside.</summary>
    public long SetAsideCount { get; private set; }

    /// <summary>What was set aside, the first thousand.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>Lines of the accession for what was set aside: fewer than were met where an earlier accession says the same.</summary>
    internal long SetAsideLines { get; private set; }

    /// <summary>Whether a record of this key is in this accession, or in an earlier one of the source. Always false where a source is taken whole each time.</summary>
    public bool IsKnown(string key) => _known is not null && _known.TryGet(Encoding.UTF8.GetBytes(key), out var known) && known.IsRecord;

    /// <summary>Hands over the records of the source's earlier accessions, the oldest first; a key comes again where its record changed. What cannot be read is left out.</summary>
    public void ReadEarlier(Action<string, JsonElement> each)
    {
        foreach (var accession in Earlier)
        {
            try
            {
                using var reader = AccessionReader.Open(accession);
                foreach (var line in reader.Lines())
                {
                    using var parsed = JsonDocument.Parse(line.Line);
                    if (parsed.RootElement.TryGetProperty("record", out var record) && parsed.RootElement.GetProperty("key").GetString() is { } key)
                        each(key, record);
                }
            }
            catch (LacquerException e) when (e.Failure is Failure.Damaged or Failure.Missing)
            {
                // What is whole has been read.
            }
        }
    }

    /// <summary>Adds a record; passed over where it is known and the same.</summary>
    /// <param name="key">The source's own key for it.</param>
    /// <param name="record">One JSON value, verbatim, UTF-8. Where it is of several lines, these are joined: outside of texts JSON has no meaning in a line's end, and inside there is none.</param>
    public void Add(string key, ReadOnlySpan<byte> record)
    {
        var name = Encoding.UTF8.GetBytes(key);
        var hash = KnownRecords.Hash(record);
        var changedAt = _known?.ChangedAt(record) ?? 0;
        if (_known is not null && _known.TryGet(name, out var known) && known.IsRecord && (known.Hash == hash || (changedAt > 0 && known.ChangedAt == changedAt)))
        {
            if (!known.IsInHand)
                Unchanged++;
            return;
        }

        if (record.Length + name.Length * 6 > AccessionFile.LongestLineBytes - 64)
        {
            SetAside(key, "long", FormattableString.Invariant($"it has {record.Length} bytes; a record has at most {AccessionFile.LongestLineBytes}"));
            return;
        }

        Begin(key, "record"u8);
        var room = _line.GetSpan(record.Length);
        for (var i = 0; i < record.Length; i++)
            room[i] = record[i] is (byte)'\n' or (byte)'\r' ? (byte)' ' : record[i];
        _line.Advance(record.Length);
        _line.Write("}"u8);
        Write(name, new KnownRecord(hash, IsRecord: true, IsInHand: true, changedAt));
    }

    /// <summary>Sets something aside that was met and cannot be used, or that is missing for now: the next harvest asks for it again.</summary>
    /// <param name="key">The source's own key for it.</param>
    /// <param name="kind">One word: <c>missing</c>, <c>unreadable</c>, <c>long</c>, …</param>
    /// <param name="message">Why.</param>
    public void SetAside(string key, string kind, string message)
    {
        var name = Encoding.UTF8.GetBytes(key);
        var hash = KnownRecords.HashOfAside(kind, message);
        var said = default(KnownRecord);
        var isSaid = _known is not null && _known.TryGet(name, out said) && !said.IsRecord && said.Hash == hash;
        if (isSaid && said.IsInHand)
            return;
        SetAsideCount++;
        if (Findings.Count < MostFindings)
            Findings.Add(new Finding("harvest", key, kind, message));
        if (isSaid)
            return;
        Begin(key, "set_aside"u8);
        using (var json = new Utf8JsonWriter(_line))
        {
            json.WriteStartObject();
            json.WriteString("kind", kind);
            json.WriteString("message", message);
            json.WriteEndObject();
        }

        _line.Write("}"u8);
        SetAsideLines++;
        Write(name, new KnownRecord(hash, IsRecord: false, IsInHand: true));
    }

    /// <summary>Passes over a record that the source, asked what it has, says was not changed since it was taken: it need not be asked for. False where it is to be asked for.</summary>
    /// <param name="key">The source's own key for it.</param>
    /// <param name="changedAt">When the source says that it changed it, as <see cref="Adapter.ChangedAt"/> does.</param>
    public bool PassOver(string key, long changedAt)
    {
        if (_known is null || !_known.TryGet(Encoding.UTF8.GetBytes(key), out var known) || !known.IsRecord || known.ChangedAt < changedAt)
            return false;
        if (!known.IsInHand)
            Unchanged++;
        return true;
    }

    /// <summary>Says from where to go on after a kill, all that was added being of what came before. Takes effect when that is on disk.</summary>
    public void SaveCursor(string cursor) => _cursor.Save(cursor, _writer.Records, _writer.RecordsWritten);

    /// <summary>Says how far it is; a total of 0 is not known.</summary>
    public void Report(string what, long done, long total, bool areBytes = false) => _progress.Report(new StageProgress(what, done, total, areBytes));

    private void Begin(string key, ReadOnlySpan<byte> property)
    {
        _line.ResetWrittenCount();
        RecordLine.Begin(_line, key, property);
    }

    private void Write(ReadOnlySpan<byte> key, KnownRecord known)
    {
        if (_pass > 0)
        {
            _pass--;
            return;
        }

        _writer.Add(_line.WrittenSpan);
        _known?.Set(key, known);
    }
}
