namespace Lacquer.Server.Files;

/// <summary>The media types of what an archive publishes.</summary>
internal static class ContentTypes
{
    public static string Of(string name) => Path.GetExtension(name).ToLowerInvariant() switch
    {
        ".opus" => "audio/ogg; codecs=opus",
        ".ogg" => "audio/ogg",
        ".flac" => "audio/flac",
        ".mp3" => "audio/mpeg",
        ".m4a" => "audio/mp4",
        ".aac" => "audio/aac",
        ".wav" => "audio/wav",
        ".aiff" => "audio/aiff",
        ".mka" => "audio/matroska",
        ".torrent" => "application/x-bittorrent",
        ".minisig" or ".pub" or ".txt" or ".md" => "text/plain; charset=utf-8",
        ".json" => "application/json",
        ".jsonl" => "application/jsonl",
        ".xml" => "application/rss+xml; charset=utf-8",
        ".zst" => "application/zstd",
        ".parquet" => "application/vnd.apache.parquet",
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".jpg" => "image/jpeg",
        _ => "application/octet-stream",
    };
}
