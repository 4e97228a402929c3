using System.Globalization;
using System.Text.Json;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Sources.Fetching;

/// <summary>
/// Writes what was asked and answered, a JSON object a line: docs/format/fetch-log.md. At its bound the file is set aside as <c>NAME.1</c>, in place of the one before it.
/// </summary>
internal sealed class FetchLog : IDisposable
{
    /// <summary>A longer log is set aside.</summary>
    public const long MostBytes = 64 << 20;

    // What strangers say is kept in the length of an address, and no more.
    private const int MostText = 1024;
    private readonly Lock _lock = new();
    private readonly string _path;
    private readonly TimeProvider _clock;
    private FileStream _file;

    public FetchLog(string path, TimeProvider clock)
    {
        (_path, _clock) = (path, clock);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _file = Open();
    }

    public void Write(FetchLogLine line)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text))
        {
            json.WriteStartObject();
            json.WriteString("at", _clock.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture));
            json.WriteString("method", line.Method.Method);
            json.WriteString("url", line.Url);
            json.WriteNumber("attempt", line.Attempt);
            if (line.From > 0)
                json.WriteNumber("from", line.From);
            if (line.Status is { } status)
                json.WriteNumber("status", status);
            if (line.Bytes is { } bytes)
                json.WriteNumber("bytes", bytes);
            if (line.Sha256 is { } digest)
                json.WriteString("sha256", digest.ToString());
            Text("etag", line.Validators.ETag);
            Text("last_modified", line.Validators.LastModified);
            Text("location", line.Location);
            Text("error", line.Error);
            json.WriteEndObject();

            void Text(string name, string? value)
            {
                if (value is not null)
                    json.WriteString(name, value.Length > MostText ? value[..MostText] : value);
            }
        }

        text.WriteByte((byte)'\n');
        lock (_lock)
        {
            if (_file.Length + text.Length > MostBytes)
            {
                _file.Dispose();
                File.Move(_path, _path + ".1", overwrite: true);
                _file = Open();
            }

            _file.Write(text.GetBuffer(), 0, (int)text.Length);
            _file.Flush();
        }
    }

    public void Dispose() => _file.Dispose();

    private FileStream Open()
    {
        var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        // The line that a killed run was writing stays half, and alone.
        if (file.Length > 0)
        {
            file.Position = file.Length - 1;
            if (file.ReadByte() != '\n')
                file.WriteByte((byte)'\n');
        }

        return file;
    }
}

/// <summary>One request and what became of it. No text in it has a secret.</summary>
internal sealed class FetchLogLine(HttpMethod method, string url, int attempt)
{
    public HttpMethod Method => method;

    public string Url => url;

    public int Attempt => attempt;

    /// <summary>The first byte asked for.</summary>
    public long From { get; set; }

    public int? Status { get; set; }

    /// <summary>Length of the body, decompressed; of a file, as far as it has come.</summary>
    public long? Bytes { get; set; }

    public Sha256Digest? Sha256 { get; set; }

    public Validators Validators { get; set; } = Validators.None;

    public string? Location { get; set; }

    public string? Error { get; set; }
}
